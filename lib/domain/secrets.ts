/**
 * Secrets at rest. What only has to be recognised (client ids, keys, session tokens) is kept as a hash; what has to be
 * used again (a tenant's shared key, its OAuth2 client secret) is sealed with the deployment's own secret.
 *
 * The hash is plain SHA-256: these secrets are random or at least 32 characters long, so there is nothing to guess.
 * Passwords are another matter: `passwords.ts`.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

import { env } from "#lib/config/env.ts";

const ivBytes = 12;
const tagBytes = 16;

/** 43 characters of base64url: 256 random bits. */
export function generateSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("base64url");
}

/** Compares a secret with a stored hash in constant time. */
export function matchesHash(secret: string, storedHash: string): boolean {
  const hash = Buffer.from(hashSecret(secret));
  const stored = Buffer.from(storedHash);
  return hash.length === stored.length && timingSafeEqual(hash, stored);
}

/** AES-256-GCM under a key derived from the first of LAUREL_SECRET; the answer is base64url. */
export function sealSecret(plaintext: string): string {
  const [newest] = env().LAUREL_SECRET;
  if (!newest) throw new Error("LAUREL_SECRET is not set; the start script sees to it.");

  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(newest), iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString("base64url");
}

/** Opens what `sealSecret` sealed under any of LAUREL_SECRET; throws where none of them fits. */
export function unsealSecret(sealed: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  for (const secret of env().LAUREL_SECRET) {
    try {
      const decipher = createDecipheriv("aes-256-gcm", sealingKey(secret), bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      const plaintext = Buffer.concat([
        decipher.update(bytes.subarray(ivBytes + tagBytes)),
        decipher.final(),
      ]);
      return plaintext.toString("utf8");
    } catch {
      // Not sealed under this one.
    }
  }
  throw new Error("A sealed secret opens with none of LAUREL_SECRET: was one taken off the list too early?");
}

function sealingKey(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "laurel sealed secrets", 32));
}
