import { invalidInput } from "#lib/domain/errors.ts";
import { type OnceKey, onceKey } from "#lib/domain/once.ts";

const header = "idempotency-key";

/** The call's key, for whoever `caller` is. */
type KeyOf<Key> = (caller: string) => Key;

/**
 * The Idempotency-Key of a request, bare or as a quoted string (RFC 8941); null where it has none. Refuses `invalid_input`
 * for what is no key.
 */
export function readIdempotencyKey(request: Request, endpoint: string, body: unknown): KeyOf<OnceKey | null> {
  return request.headers.has(header) ? requireIdempotencyKey(request, endpoint, body) : () => null;
}

/** The same for the microsite's own pages, which always send one. Refuses `invalid_input` where there is none, too. */
export function requireIdempotencyKey(request: Request, endpoint: string, body: unknown): KeyOf<OnceKey> {
  const value = request.headers.get(header);
  if (value === null) {
    throw invalidInput({ [header]: "Send a key, made before the first try, and the same with each try." });
  }
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  const key = quoted === undefined ? value : quoted.replaceAll(/\\(["\\])/g, "$1");
  const isHalfQuoted = quoted === undefined && /^"|"$/.test(value);
  if (isHalfQuoted || !/^[!-~]{1,128}$/.test(key)) {
    throw invalidInput({ [header]: "Send 1 to 128 visible ASCII characters, such as a new UUID." });
  }
  return (caller) => onceKey(`${caller} ${endpoint}`, key, body);
}

/** What an answer says of itself. */
export function replayedHeader(isReplay: boolean): Record<string, string> {
  return isReplay ? { "Idempotency-Replayed": "true" } : {};
}
