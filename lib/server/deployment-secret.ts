const bytesMin = 32;
const differentCharactersMin = 8;

// What people copy out of examples.
const wellKnown =
  /change[\s_-]?me|changeit|example|your[\s_-]?secret|insecure|password|replace|complex_password|0123456789|abcdefgh/i;

/** Why a value of LAUREL_SECRET would protect nothing; null if it will do. */
export function problemWithSecret(secret: string): string | null {
  if (Buffer.byteLength(secret) < bytesMin) {
    return `is too short: it needs ${bytesMin} bytes or more (openssl rand -base64 32).`;
  }
  if (wellKnown.test(secret) || new Set(secret).size < differentCharactersMin) {
    return "is well known or repeats itself: make a random one (openssl rand -base64 32).";
  }
  return null;
}
