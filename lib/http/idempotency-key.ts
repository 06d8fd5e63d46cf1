import { invalidInput } from "#lib/domain/errors.ts";
import { type OnceKey, onceKey } from "#lib/domain/once.ts";

const header = "idempotency-key";

/**
 * The Idempotency-Key of a request from the microsite's own pages, bare or as a quoted string (RFC 8941), for whoever
 * `caller` is. Refuses `invalid_input` where there is none, or what is none.
 */
export function requireIdempotencyKey(
  request: Request,
  endpoint: string,
  body: unknown,
): (caller: string) => OnceKey {
  const value = request.headers.get(header);
  if (value === null) {
    throw invalidInput({ [header]: "Send a key, made before the first try, and the same with each try." });
  }
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  const key = quoted === undefined ? value : quoted.replaceAll(/\\(["\\])/g, "$1");
  if (!/^[!-~]{1,128}$/.test(key)) {
    throw invalidInput({ [header]: "Send 1 to 128 visible ASCII characters, such as a new UUID." });
  }
  return (caller) => onceKey(`${caller} ${endpoint}`, key, body);
}

/** What an answer says of itself. */
export function replayedHeader(isReplay: boolean): Record<string, string> {
  return isReplay ? { "Idempotency-Replayed": "true" } : {};
}
