/**
 * The keys of Laurel's own tokens: RS256 pairs, sealed by LAUREL_SECRET. What holds:
 *   1. the newest key signs, and it and the one before it are good to verify by: rotating ends no token that is younger than
 *      the rotation before;
 *   2. processes agree: a key that another one made is known once a token names it;
 *   3. a key that opens no more, as LAUREL_SECRET is another one, is replaced by a new one.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";

import { now } from "#lib/config/clock.ts";
import { log } from "#lib/config/log.ts";
import { addSigningKey, listSigningKeys, type SigningKeyRow } from "#lib/db/signing-keys.ts";
import { isUuid, newId } from "#lib/domain/ids.ts";
import { sealSecret, unsealSecret } from "#lib/domain/secrets.ts";

const activeKeys = 2;
const modulusBits = 2_048;
const rememberedMs = 30_000;
const askedAgainAfterMs = 1_000;

type OwnKey = { id: string; publicJwk: JsonWebKey; publicKey: KeyObject; sealedPrivateKey: string };
type SigningKey = { id: string; privateKey: KeyObject };
type Memory = { keys: OwnKey[]; readAtMs: number; signing: SigningKey | null };

// On globalThis: the start script and Next's bundles are different copies of this module.
const shared = globalThis as typeof globalThis & { laurelOwnKeys?: Memory };

/** The key to sign with; the first one is made when it is first asked for. */
export async function findSigningKey(): Promise<SigningKey> {
  const memory = await read(rememberedMs);
  memory.signing ??= open(memory.keys[0]);
  if (memory.signing) return memory.signing;

  const unusable = memory.keys[0]?.id ?? null;
  await makeKey((newest) => (newest?.id ?? null) === unusable);
  const renewed = await read(0);
  renewed.signing ??= open(renewed.keys[0]);
  if (!renewed.signing) throw new Error("The signing key that was just made cannot be opened.");
  return renewed.signing;
}

/** The key to verify by that a token names; null for one that is none of ours, or retired. */
export async function findOwnKey(kid: string): Promise<KeyObject | null> {
  if (!isUuid(kid)) return null;
  const isNamed = ({ id }: OwnKey) => id === kid;
  const known = (await read(rememberedMs)).keys.find(isNamed);
  const found = known ?? (await read(askedAgainAfterMs)).keys.find(isNamed);
  return found?.publicKey ?? null;
}

/** The public halves as a JWK set (RFC 7517), for whoever wants to verify our tokens. */
export async function publicKeySet(): Promise<{ keys: object[] }> {
  await findSigningKey();
  const { keys } = await read(rememberedMs);
  return { keys: keys.map(({ id, publicJwk }) => ({ ...publicJwk, kid: id, alg: "RS256", use: "sig" })) };
}

/** Makes a new key the one that signs; its name. */
export async function rotateKeys(): Promise<string> {
  const id = await makeKey(() => true);
  delete shared.laurelOwnKeys;
  return id;
}

async function read(maxAgeMs: number): Promise<Memory> {
  const known = shared.laurelOwnKeys;
  if (known && performance.now() - known.readAtMs < maxAgeMs) return known;
  const readAtMs = performance.now();
  const memory = { keys: (await listSigningKeys(activeKeys)).map(ownKeyOf), readAtMs, signing: null };
  shared.laurelOwnKeys = memory;
  return memory;
}

function ownKeyOf({ id, publicJwk, sealedPrivateKey }: SigningKeyRow): OwnKey {
  const jwk = publicJwk as JsonWebKey;
  return { id, publicJwk: jwk, publicKey: createPublicKey({ key: jwk, format: "jwk" }), sealedPrivateKey };
}

function open(key: OwnKey | undefined): SigningKey | null {
  if (!key) return null;
  try {
    return { id: key.id, privateKey: createPrivateKey(unsealSecret(key.sealedPrivateKey)) };
  } catch {
    log().error({ kid: key.id }, "the signing key cannot be opened with LAUREL_SECRET; a new one is made");
    return null;
  }
}

async function makeKey(isStillWanted: (newest: SigningKeyRow | null) => boolean): Promise<string> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: modulusBits });
  const id = newId();
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const key = {
    id,
    publicJwk: publicKey.export({ format: "jwk" }),
    sealedPrivateKey: sealSecret(pem),
    createdAt: now(),
  };
  await addSigningKey(key, activeKeys, isStillWanted);
  return id;
}
