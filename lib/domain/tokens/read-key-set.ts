/**
 * A tenant's JWKS (RFC 7517) as the keys that may verify its RS256 tokens. A document that is no key set is refused
 * whole; a key that is not usable is passed over, because sets hold others' keys too (RFC 7517 section 5).
 */
import { createPublicKey, type KeyObject } from "node:crypto";

const keysMost = 100;
const kidCharactersMost = 256;
const modulusBitsLeast = 2048;
const modulusBitsMost = 8192; // what is longer costs more time to verify than it is worth
const exponentLeast = 65_537n;
const exponentBitsMost = 64; // as OpenSSL has it
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/** The usable keys by their kid. Throws where the document is refused whole. */
export function readKeySet(document: unknown): Map<string, KeyObject> {
  if (!isObject(document) || !Array.isArray(document.keys)) throw new Error("The document is not a key set.");
  if (document.keys.length > keysMost) throw new Error(`The key set has more than ${keysMost} keys.`);

  const entries = document.keys.filter(isObject);
  const keys = new Map<string, KeyObject>();
  for (const entry of entries) {
    const { kid } = entry;
    if (typeof kid !== "string" || kid.length < 1 || kid.length > kidCharactersMost) continue;
    // Which of two was meant cannot be told, and the other may be somebody's who could add to the set.
    if (entries.filter((other) => other.kid === kid).length > 1) continue;
    const key = usableKey(entry);
    if (key) keys.set(kid, key);
  }
  return keys;
}

function usableKey(entry: Record<string, unknown>): KeyObject | null {
  const { kty, use, key_ops: operations, alg, n, e } = entry;
  if (kty !== "RSA" || (alg !== undefined && alg !== "RS256")) return null;
  if (use !== undefined && use !== "sig") return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return null;
  // Whoever publishes the private key has let everybody sign.
  if (privateMembers.some((member) => member in entry)) return null;

  if (!isBase64url(n) || !isBase64url(e)) return null;
  return isSoundModulus(toBigInt(n)) && isSoundExponent(toBigInt(e))
    ? createPublicKey({ key: { kty, n, e }, format: "jwk" })
    : null;
}

function isSoundModulus(modulus: bigint): boolean {
  const bits = bitLength(modulus);
  const isOdd = (modulus & 1n) === 1n;
  return bits >= modulusBitsLeast && bits <= modulusBitsMost && isOdd && !isRoca(modulus);
}

function isSoundExponent(exponent: bigint): boolean {
  const isOdd = (exponent & 1n) === 1n;
  return exponent >= exponentLeast && isOdd && bitLength(exponent) <= exponentBitsMost;
}

// The small primes modulo which 65537 generates less than everything.
const rocaPrimes = [
  11n,
  13n,
  17n,
  19n,
  37n,
  53n,
  61n,
  71n,
  73n,
  79n,
  97n,
  103n,
  107n,
  109n,
  127n,
  151n,
  157n,
];
const rocaRemainders = rocaPrimes.map((prime) => ({ prime, remainders: powersOf65537(prime) }));

/**
 * Whether a weak generator made the key, whose factors can be found (CVE-2017-15361): its primes are powers of 65537
 * modulo every small prime, and so is their product. One sound key in 2^27 looks the same by chance.
 * Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack, ACM CCS 2017, section 3.
 */
function isRoca(modulus: bigint): boolean {
  return rocaRemainders.every(({ prime, remainders }) => remainders.has(modulus % prime));
}

function powersOf65537(prime: bigint): Set<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * 65_537n) % prime) powers.add(power);
  return powers;
}

/** In the one canonical way to write it: no padding, and no bits that say nothing. */
function isBase64url(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    Buffer.from(value, "base64url").toString("base64url") === value
  );
}

function toBigInt(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, "base64url").toString("hex")}`);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
