import { z } from "zod";

import { forbiddenCharacter } from "#lib/domain/texts.ts";

const bytesMin = 32; // as many as SHA-256 makes (RFC 7518, section 3.2)
const lengthMax = 512;
const differentCharactersMin = 8;

// Keys of 32 bytes and more that stand in guides and templates, and so in every list that is tried first.
const wellKnown = new Set([
  ...["00112233445566778899aabbccddeeff", "0123456789abcdef0123456789abcdef"],
  ...["0123456789abcdefghijklmnopqrstuv", "12345678901234567890123456789012"],
  ...["abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnopqrstuvwxyz123456"],
  ...["changemechangemechangemechangeme", "your-256-bit-secret-your-256-bit-secret"],
  ...["a-string-secret-at-least-256-bits-long", "your-super-secret-and-long-jwt-secret-key"],
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  "super-secret-jwt-token-with-at-least-32-characters-long",
  "your-super-secret-jwt-token-with-at-least-32-characters-long",
]);

/** A key that HS256 tokens are signed with: who guesses it is everybody. */
export const sharedKey = z
  .string("Enter a text.")
  .max(lengthMax, `Enter at most ${lengthMax} characters.`)
  .check((context) => {
    const message = problemWithSharedKey(context.value);
    if (message) context.issues.push({ code: "custom", message, input: context.value });
  });

function problemWithSharedKey(key: string): string | null {
  const forbidden = forbiddenCharacter(key);
  if (/-----BEGIN /.test(key))
    return "This is a PEM file; a shared key is a random text (openssl rand -base64 32).";
  if (forbidden) return forbidden;
  if (Buffer.byteLength(key) < bytesMin) {
    return `Enter ${bytesMin} bytes or more (openssl rand -base64 32).`;
  }
  if (new Set(key).size < differentCharactersMin) return "This key repeats itself; use a random one.";
  if (wellKnown.has(key.toLowerCase())) return "This key is well known; use a random one.";
  return null;
}
