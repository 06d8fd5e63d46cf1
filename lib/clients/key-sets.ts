/**
 * Tenants' key sets (JWKS), kept in memory, so that a login rarely waits for an identity provider and never depends on
 * its every minute. What holds for each tenant and address, whoever asks and how often:
 *   1. keys count as fresh for 10 minutes; past 8 they are renewed in the background, past 10 the asker waits for it;
 *   2. where the renewal fails, the keys serve on until 24 hours after they were fetched, with one try in 30 seconds;
 *   3. a kid that is not in the set fetches at most once in 30 seconds: keys rotate, but anybody can make kids up;
 *   4. without keys, a failure is followed by the next try after 2 seconds, doubling to 30, and all others are told at
 *      once how long that is;
 *   5. one fetch runs at a time, and all who need it wait for the same one.
 *
 * A moment that lies ahead, as after the clock was set back, counts as long ago: keys are then fetched anew.
 *
 * The memory is on globalThis: the start script and Next's bundles are different copies of this module.
 */
import QuickLRU from "quick-lru";

import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { fetchOutsideJson } from "#lib/clients/outside-json.ts";
import { now } from "#lib/config/clock.ts";
import { describeError, log } from "#lib/config/log.ts";

const fetchLimits = { bytesMax: 256 * 1024, timeoutMs: 5_000 };
const renewAfterMs = 8 * 60_000;
const freshMs = 10 * 60_000;
const usableMs = 24 * 60 * 60_000;
const unknownKidEveryMs = 30_000;
const retryFirstMs = 2_000;
const retryMostMs = 30_000;
const sourcesRemembered = 1_000;

export type KeySetSource = { tenantId: string; url: string };

/** Cold and failing: nothing can be said of any token now. */
export class KeySetUnavailable extends Error {
  override readonly name = "KeySetUnavailable";
  readonly retryAfterSeconds: number;
  readonly reason: string;

  constructor(reason: string, retryAfterSeconds: number) {
    super(`The key set cannot be fetched (${reason}).`);
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type KeySets<Key> = {
  /** The key of that kid, or null where the set has none. Throws KeySetUnavailable. */
  find(source: KeySetSource, kid: string): Promise<Key | null>;
  /** Which kids the set has, for explaining a refusal; never fetches. */
  knownKids(source: KeySetSource): string[];
};

type KeySet<Key> = {
  keys: ReadonlyMap<string, Key>;
  fetchedAtMs: number;
  /** The fetch that runs; it never rejects. */
  fetching: Promise<void> | null;
  failure: { reason: string; atMs: number; inARow: number } | null;
  unknownKidAtMs: number;
};

const never = Number.NEGATIVE_INFINITY;

const shared = globalThis as typeof globalThis & { laurelKeySets?: Map<string, QuickLRU<string, unknown>> };
shared.laurelKeySets ??= new Map();
const memories = shared.laurelKeySets;

/**
 * `read` turns a document into keys and throws where it refuses the whole; `name` says whose memory this is, because
 * only the same `read` may find its keys there.
 */
export function createKeySets<Key>(
  name: string,
  read: (document: unknown) => ReadonlyMap<string, Key>,
): KeySets<Key> {
  const memory = memoryOf<KeySet<Key>>(name);

  async function find(source: KeySetSource, kid: string): Promise<Key | null> {
    const set = keySetOf(source);
    let hasStarted = false;
    const start = () => {
      if (set.fetching) return;
      set.fetching = fetchKeys(set, source);
      hasStarted = true;
    };

    if (!isWithin(renewAfterMs, set.fetchedAtMs) && waitMs(set) === 0) start();
    if (!isWithin(freshMs, set.fetchedAtMs)) await set.fetching;
    if (!isUsable(set)) throw unavailable(set);

    // A fetch that began after the token came has the last word on its kid; one that ran already may have missed it.
    if (!set.keys.has(kid) && !hasStarted) {
      await set.fetching;
      if (!set.keys.has(kid) && !isWithin(unknownKidEveryMs, set.unknownKidAtMs)) {
        set.unknownKidAtMs = now().getTime();
        start();
      }
    }
    if (!set.keys.has(kid)) await set.fetching;
    return set.keys.get(kid) ?? null;
  }

  function knownKids(source: KeySetSource): string[] {
    const set = memory.get(idOf(source));
    return set && isUsable(set) ? [...set.keys.keys()] : [];
  }

  function keySetOf(source: KeySetSource): KeySet<Key> {
    const id = idOf(source);
    let set = memory.get(id);
    if (!set) {
      set = { keys: new Map(), fetchedAtMs: never, fetching: null, failure: null, unknownKidAtMs: never };
      memory.set(id, set);
    }
    return set;
  }

  async function fetchKeys(set: KeySet<Key>, { tenantId, url }: KeySetSource): Promise<void> {
    try {
      set.keys = read(await fetchOutsideJson(url, fetchLimits));
      set.fetchedAtMs = now().getTime();
      set.failure = null;
    } catch (error) {
      const { reason, code, ...details } = describeFailure(error);
      set.failure = { reason, atMs: now().getTime(), inARow: (set.failure?.inARow ?? 0) + 1 };
      log().warn({ tenantId, reason, code, ...details }, "key set not fetched");
    } finally {
      set.fetching = null;
    }
  }

  return { find, knownKids };
}

function memoryOf<Value>(name: string): QuickLRU<string, Value> {
  const memory = memories.get(name) ?? new QuickLRU({ maxSize: sourcesRemembered });
  memories.set(name, memory);
  return memory as QuickLRU<string, Value>; // the name stands for the type
}

/** A tenant that moves to another address starts anew there. */
function idOf({ tenantId, url }: KeySetSource): string {
  return JSON.stringify([tenantId, url]);
}

function isUsable(set: KeySet<unknown>): boolean {
  return isWithin(usableMs, set.fetchedAtMs);
}

/** How long the last failure still forbids the next try. */
function waitMs(set: KeySet<unknown>): number {
  if (!set.failure) return 0;
  const { atMs, inARow } = set.failure;
  const pauseMs = isUsable(set) ? retryMostMs : Math.min(retryMostMs, retryFirstMs * 2 ** (inARow - 1));
  return isWithin(pauseMs, atMs) ? atMs + pauseMs - now().getTime() : 0;
}

function unavailable(set: KeySet<unknown>): KeySetUnavailable {
  const reason = set.failure?.reason ?? "unknown";
  return new KeySetUnavailable(reason, Math.max(1, Math.ceil(waitMs(set) / 1000)));
}

function isWithin(spanMs: number, sinceMs: number): boolean {
  const ageMs = now().getTime() - sinceMs;
  return ageMs >= 0 && ageMs < spanMs;
}

function describeFailure(error: unknown): { reason: string; code?: string | undefined; error?: object } {
  if (error instanceof OutsideFailure) return { reason: error.reason, code: error.code };
  return { reason: "document", error: describeError(error) }; // it came, and `read` refused it
}
