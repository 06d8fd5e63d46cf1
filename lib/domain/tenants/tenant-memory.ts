/**
 * What nearly every request asks of the database, kept in memory:
 *   1. an answer is never older than 5 seconds, so that a change in the console is seen by then;
 *   2. under load nobody waits for the database: past half that time it is renewed in the background.
 *
 * The memory is on globalThis: the start script and Next's bundles are different copies of this module.
 */
import QuickLRU from "quick-lru";

const staleAfterMs = 5_000;
const renewAfterMs = 2_500;
const answersMax = 5_000;

type Remembered = { answer: Promise<unknown>; readAtMs: number; isRenewing: boolean };
type Memory = { answers: QuickLRU<string, Remembered>; forgotten: number };

const shared = globalThis as typeof globalThis & { laurelTenantMemories?: Map<string, Memory> };
shared.laurelTenantMemories ??= new Map();
const memories = shared.laurelTenantMemories;

/** A way to ask `read` that remembers; `question` tells its answers from those of other ones. */
export function remembering<Answer>(
  question: string,
  read: (key: string) => Promise<Answer>,
): (key: string) => Promise<Answer> {
  return (key) => {
    const memory = memoryOf(question);
    const remembered = memory.answers.get(key);
    const ageMs = remembered ? performance.now() - remembered.readAtMs : Number.POSITIVE_INFINITY;
    if (!remembered || ageMs >= staleAfterMs) return readAndRemember(memory, key, read);

    if (ageMs >= renewAfterMs && !remembered.isRenewing) {
      remembered.isRenewing = true;
      readAndRemember(memory, key, read).catch(() => undefined); // the next reader past 5 s meets the failure itself
    }
    return remembered.answer as Promise<Answer>;
  };
}

/** After a change made in this process, which should be seen at once. */
export function forgetTenants(): void {
  for (const memory of memories.values()) {
    memory.answers.clear();
    memory.forgotten += 1; // what is being read from before the change is not remembered either
  }
}

function memoryOf(question: string): Memory {
  const known = memories.get(question);
  if (known) return known;
  const memory = { answers: new QuickLRU<string, Remembered>({ maxSize: answersMax }), forgotten: 0 };
  memories.set(question, memory);
  return memory;
}

function readAndRemember<Answer>(
  memory: Memory,
  key: string,
  read: (key: string) => Promise<Answer>,
): Promise<Answer> {
  const readAtMs = performance.now();
  const answer = read(key);
  const remembered = { answer, readAtMs, isRenewing: false };
  const before = memory.answers.get(key);
  if (!before || readAtMs - before.readAtMs >= staleAfterMs) {
    memory.answers.set(key, remembered); // others who ask now wait for the same answer
    answer.catch(() => {
      if (memory.answers.get(key) === remembered) memory.answers.delete(key);
    });
  } else {
    const { forgotten } = memory;
    answer.then(
      () => memory.forgotten === forgotten && memory.answers.set(key, remembered),
      () => undefined,
    );
  }
  return answer;
}
