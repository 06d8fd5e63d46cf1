/**
 * Documents of others, kept in memory, so that a login rarely waits for an identity provider and never depends on its
 * every minute. What holds for each tenant and address, whoever asks and how often:
 *   1. a document counts as fresh for 10 minutes; past 8 it is renewed in the background, past 10 the asker waits for it;
 *   2. where the renewal fails, it serves on until 24 hours after it was fetched, with one try in 30 seconds;
 *   3. an asker for whom it is not enough, as where it lacks a key, has it fetched again at most once in 30 seconds:
 *      documents change, but anybody can ask for what is in none;
 *   4. without a document, a failure is followed by the next try after 2 seconds, doubling to 30, and all others are told
 *      at once how long that is;
 *   5. one fetch runs at a time, and all who need it wait for the same one.
 *
 * A moment that lies ahead, as after the clock was set back, counts as long ago: the document is then fetched anew.
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
const notEnoughEveryMs = 30_000;
const retryFirstMs = 2_000;
const retryMostMs = 30_000;
const sourcesRemembered = 1_000;

export type DocumentSource = { tenantId: string; url: string };

/** Cold and failing: nothing can be said now of what the document decides. */
export class DocumentUnavailable extends Error {
  override readonly name = "DocumentUnavailable";
  readonly retryAfterSeconds: number;
  readonly reason: string;

  constructor(reason: string, retryAfterSeconds: number) {
    super(`The document cannot be fetched (${reason}).`);
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type RememberedDocuments<Value> = {
  /**
   * What was read of the document; where that is not enough, of one that is fetched anew, and then whether it is enough
   * or not. Throws DocumentUnavailable.
   */
  get(source: DocumentSource, isEnough?: (value: Value) => boolean): Promise<Value>;
  /** What is in memory and can be used, or null; never fetches. */
  peek(source: DocumentSource): Value | null;
};

type Remembered<Value> = {
  held: { value: Value; fetchedAtMs: number } | null;
  /** The fetch that runs; it never rejects. */
  fetching: Promise<void> | null;
  failure: { reason: string; atMs: number; inARow: number } | null;
  notEnoughAtMs: number;
};

const never = Number.NEGATIVE_INFINITY;

const shared = globalThis as typeof globalThis & { laurelDocuments?: Map<string, QuickLRU<string, unknown>> };
shared.laurelDocuments ??= new Map();
const memories = shared.laurelDocuments;

/**
 * `read` turns a document into what is remembered of it, and throws where it refuses the whole; it is given the source,
 * because a document may have to say where it is from. `name` says in the log which document it was and whose memory
 * this is, because only the same `read` may find its values there.
 */
export function rememberDocuments<Value>(
  name: string,
  read: (document: unknown, source: DocumentSource) => Value,
): RememberedDocuments<Value> {
  const memory = memoryOf<Remembered<Value>>(name);

  async function get(
    source: DocumentSource,
    isEnough: (value: Value) => boolean = () => true,
  ): Promise<Value> {
    const entry = entryOf(source);
    let hasStarted = false;
    const start = () => {
      if (entry.fetching) return;
      entry.fetching = fetchDocument(entry, source);
      hasStarted = true;
    };
    const value = () => {
      const held = usableOf(entry);
      if (!held) throw unavailable(entry);
      return held.value;
    };

    if (!isYounger(renewAfterMs, entry) && waitMs(entry) === 0) start();
    if (!isYounger(freshMs, entry)) await entry.fetching;

    // A fetch that began after the asker came has the last word; one that ran already may have missed what it wants.
    if (!isEnough(value()) && !hasStarted) {
      await entry.fetching;
      if (!isEnough(value()) && !isWithin(notEnoughEveryMs, entry.notEnoughAtMs)) {
        entry.notEnoughAtMs = now().getTime();
        start();
      }
    }
    if (!isEnough(value())) await entry.fetching;
    return value();
  }

  function peek(source: DocumentSource): Value | null {
    const entry = memory.get(idOf(source));
    return (entry && usableOf(entry)?.value) ?? null;
  }

  function entryOf(source: DocumentSource): Remembered<Value> {
    const id = idOf(source);
    let entry = memory.get(id);
    if (!entry) {
      entry = { held: null, fetching: null, failure: null, notEnoughAtMs: never };
      memory.set(id, entry);
    }
    return entry;
  }

  async function fetchDocument(entry: Remembered<Value>, source: DocumentSource): Promise<void> {
    try {
      const value = read(await fetchOutsideJson(source.url, fetchLimits), source);
      entry.held = { value, fetchedAtMs: now().getTime() };
      entry.failure = null;
    } catch (error) {
      const { tenantId } = source;
      const { reason, code, ...details } = describeFailure(error);
      entry.failure = { reason, atMs: now().getTime(), inARow: (entry.failure?.inARow ?? 0) + 1 };
      log().warn({ document: name, tenantId, reason, code, ...details }, "document not fetched");
    } finally {
      entry.fetching = null;
    }
  }

  return { get, peek };
}

function memoryOf<Value>(name: string): QuickLRU<string, Value> {
  const memory = memories.get(name) ?? new QuickLRU({ maxSize: sourcesRemembered });
  memories.set(name, memory);
  return memory as QuickLRU<string, Value>; // the name stands for the type
}

/** A tenant that moves to another address starts anew there. */
function idOf({ tenantId, url }: DocumentSource): string {
  return JSON.stringify([tenantId, url]);
}

function usableOf<Value>(entry: Remembered<Value>): Remembered<Value>["held"] {
  return isYounger(usableMs, entry) ? entry.held : null;
}

function isYounger(spanMs: number, { held }: Remembered<unknown>): boolean {
  return held !== null && isWithin(spanMs, held.fetchedAtMs);
}

/** How long the last failure still forbids the next try. */
function waitMs(entry: Remembered<unknown>): number {
  if (!entry.failure) return 0;
  const { atMs, inARow } = entry.failure;
  const pauseMs = usableOf(entry) ? retryMostMs : Math.min(retryMostMs, retryFirstMs * 2 ** (inARow - 1));
  return isWithin(pauseMs, atMs) ? atMs + pauseMs - now().getTime() : 0;
}

function unavailable(entry: Remembered<unknown>): DocumentUnavailable {
  const reason = entry.failure?.reason ?? "unknown";
  return new DocumentUnavailable(reason, Math.max(1, Math.ceil(waitMs(entry) / 1000)));
}

function isWithin(spanMs: number, sinceMs: number): boolean {
  const ageMs = now().getTime() - sinceMs;
  return ageMs >= 0 && ageMs < spanMs;
}

function describeFailure(error: unknown): { reason: string; code?: string | undefined; error?: object } {
  if (error instanceof OutsideFailure) return { reason: error.reason, code: error.code };
  return { reason: "document", error: describeError(error) }; // it came, and `read` refused it
}
