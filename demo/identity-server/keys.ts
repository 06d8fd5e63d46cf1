/**
 * What the identity server signs with. The keys are made at its first start and kept in a file that its owner alone can
 * read, so that after a restart old tokens still verify.
 *
 * The first signing key signs, and all are published: to rotate, put a new one first and start again.
 */
import { generateKeyPairSync, type JsonWebKey, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

export type Keys = { signing: JsonWebKey[]; cookies: string[] };

export function readOrMakeKeys(file: string): Keys {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(makeKeys(), null, 2), { mode: 0o600 });
  return JSON.parse(readFileSync(file, "utf8")) as Keys;
}

function makeKeys(): Keys {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signingKey = { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" };
  return { signing: [signingKey], cookies: [randomBytes(32).toString("base64url")] };
}
