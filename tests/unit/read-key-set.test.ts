import { type JsonWebKey, type KeyObject, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";

import { readKeySet } from "#lib/domain/tokens/read-key-set.ts";
import { makeRsaKeyPair } from "#tests/support/identity-provider.ts";

// Goal: a key verifies tokens only where it is sound, meant for that, and alone under its kid; one bad key harms no other.

const { publicKey, privateKey } = await makeRsaKeyPair();
const bare = publicKey.export({ format: "jwk" }) as { kty: string; n: string; e: string };
const good = { ...bare, kid: "good", use: "sig", alg: "RS256" };

test("a key that is read verifies what its owner signed", () => {
  const key = readKeySet({ keys: [good] }).get("good") as KeyObject;

  const text = Buffer.from("text");
  expect(verify("sha256", text, key, sign("sha256", text, privateKey))).toBe(true);
});

test.each([
  ["without use and alg", { use: undefined, alg: undefined }],
  ["with key_ops that hold verify", { key_ops: ["verify"] }],
  ["with certificates and members nobody knows", { x5c: ["MIIB"], x5t: "x", issuer: "https://idp.example" }],
  ["with an exponent of 64 bits", { e: base64url((1n << 64n) - 1n) }],
  ["with a modulus that begins with a zero octet", { n: prefixed(bare.n) }],
])("a key %s is usable", (_what, members) => {
  expect(kidsOf({ ...good, ...members })).toEqual(["bystander", "good"]);
});

test.each([
  ["of another kind", { kty: "EC", crv: "P-256", x: bare.n, y: bare.n }],
  ["of OKP", { kty: "OKP", crv: "Ed25519", x: bare.n }],
  ["of AKP", { kty: "AKP", alg: "ML-DSA-44", pub: bare.n }],
  ["that is a shared secret", { kty: "oct", k: "c2VjcmV0" }],
  ["of a kind in other letters", { kty: "rsa" }],
  ["without a kind", { kty: undefined }],
  ["for encryption", { use: "enc" }],
  ["whose use is null", { use: null }],
  ["whose key_ops lack verify", { key_ops: ["sign", "encrypt"] }],
  ["whose key_ops are no list", { key_ops: "verify" }],
  ["of another algorithm", { alg: "PS256" }],
  ["of HS256", { alg: "HS256" }],
  ["without a kid", { kid: undefined }],
  ["with an empty kid", { kid: "" }],
  ["with a number for kid", { kid: 5 }],
  ["with a kid of 257 characters", { kid: "k".repeat(257) }],
  ["that shows its private exponent", { d: bare.n }],
  ["that shows a prime", { p: "Aw" }],
  ["that shows other primes", { oth: [] }],
  ["without a modulus", { n: undefined }],
  ["with a number for modulus", { n: 5 }],
  ["with an empty modulus", { n: "" }],
  ["with a padded modulus", { n: `${bare.n}==` }],
  ["with a modulus in base64", { n: `${bare.n.slice(0, -4)}+/+/` }],
  ["with a modulus whose last bits say nothing", { n: bare.n.replace(/.$/, "_") }],
  ["with a space in the modulus", { n: `${bare.n.slice(0, 8)} ${bare.n.slice(8)}` }],
  ["with a modulus of 2047 bits", { n: base64url(modulus(2047)) }],
  ["with a modulus of 8193 bits", { n: base64url(modulus(8193)) }],
  ["with an even modulus", { n: base64url(modulus(2048) - 1n) }],
  ["with exponent 1", { e: base64url(1n) }],
  ["with exponent 3", { e: base64url(3n) }],
  ["with exponent 65535", { e: base64url(65_535n) }],
  ["with an even exponent", { e: base64url(65_538n) }],
  ["with an exponent of 65 bits", { e: base64url((1n << 64n) + 1n) }],
  ["with a padded exponent", { e: "AQAB=" }],
])("a key %s is passed over, and another beside it is usable", (_what, members) => {
  expect(kidsOf({ ...good, ...members })).toEqual(["bystander"]);
});

test("keys at the edges of what is taken are usable", () => {
  const kid = "k".repeat(256);
  expect(kidsOf({ ...good, kid, n: base64url(modulus(2048)) })).toContain(kid);
  expect(kidsOf({ ...good, n: base64url(modulus(8192)) })).toContain("good");
});

test("a real key of 1024 bits is passed over", async () => {
  const { publicKey } = await makeRsaKeyPair(1024);
  expect(kidsOf({ ...publicKey.export({ format: "jwk" }), kid: "short" })).toEqual(["bystander"]);
});

test.each([1n, 65_537n, 2n ** 100n, 3n ** 400n])(
  "a modulus that the weak generator of CVE-2017-15361 could have made is passed over (%#)",
  (exponent) => {
    // As the paper has it: a power of 65537 modulo the product of the first primes.
    const primes = [...Array(702).keys()].filter(isPrime).map(BigInt);
    const product = primes.reduce((left, right) => left * right, 1n);
    const weak = (modulus(2048) / product) * product + power(65_537n, exponent, product);
    const sound = weak + 2n;

    expect(kidsOf({ ...good, n: base64url(weak) })).toEqual(["bystander"]);
    expect(kidsOf({ ...good, n: base64url(sound) })).toEqual(["bystander", "good"]);
  },
);

test.each([
  ["two sound keys", good, { ...good, n: base64url(modulus(2048)) }],
  ["the same key twice", good, good],
  ["a shared secret beside it", good, { kty: "oct", k: "c2VjcmV0", kid: "good" }],
  ["a key for encryption before it", { ...good, use: "enc" }, good],
])("a kid with %s is unusable, and others are not", (_what, first, second) => {
  expect([...readKeySet({ keys: [first, bystander(), second] }).keys()]).toEqual(["bystander"]);
});

test("a kid is only a name, whatever it says", () => {
  const kids = ["__proto__", "constructor", "../../dev/null", "' OR 1=1--", "a\0b", "|id"];

  const keys = readKeySet(JSON.parse(JSON.stringify({ keys: kids.map((kid) => ({ ...good, kid })) })));

  expect([...keys.keys()]).toEqual(kids);
  expect(keys.get("toString")).toBeUndefined();
});

test("members named __proto__ are nobody's parents", () => {
  const document = JSON.parse(`{"keys":[{"__proto__":${JSON.stringify(good)},"kid":"child"}]}`);

  expect(readKeySet(document).size).toBe(0);
});

test.each([
  ["null", null],
  ["a text", "keys"],
  ["a list", [good]],
  ["an object without keys", {}],
  ["keys that are an object", { keys: {} }],
  ["keys that are null", { keys: null }],
  ["a single key", good],
])("%s is refused whole", (_what, document) => {
  expect(() => readKeySet(document)).toThrow("The document is not a key set.");
});

test("a set of 100 entries is read, and one of 101 is refused whole", () => {
  const unusable = Array(99).fill(null);

  expect(readKeySet({ keys: [...unusable, good] }).size).toBe(1);
  expect(() => readKeySet({ keys: [null, ...unusable, good] })).toThrow("more than 100 keys");
});

test("a set without keys is a set", () => {
  expect(readKeySet({ keys: [] }).size).toBe(0);
});

test("whatever else stands in a set, a good key in it is found and nothing throws", () => {
  const members = ["kty", "kid", "use", "alg", "key_ops", "n", "e", "d", "x"];
  const text = fc.constantFrom("RSA", "AQAB", "sig", "verify", "RS256", bare.n, "junk", "");
  const value = fc.oneof(fc.jsonValue(), text, fc.array(text), fc.base64String());
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...members), value),
    fc.constant([[]]),
  );

  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      expect(readKeySet({ keys: [...entries, good] }).has("good")).toBe(true);
    }),
  );
});

/** Which kids are usable in a set of this entry and one that is good. */
function kidsOf(entry: object): string[] {
  return [...readKeySet(JSON.parse(JSON.stringify({ keys: [entry, bystander()] }))).keys()].sort();
}

function bystander(): JsonWebKey {
  return { ...good, kid: "bystander" };
}

/** An odd number of so many bits that no small prime gives away. */
function modulus(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
}

function prefixed(text: string): string {
  return Buffer.concat([Buffer.of(0), Buffer.from(text, "base64url")]).toString("base64url");
}

function isPrime(value: number): boolean {
  return value > 1 && [...Array(value).keys()].every((factor) => factor < 2 || value % factor !== 0);
}

function power(base: bigint, exponent: bigint, divisor: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % divisor;
    if (bit === "1") result = (result * base) % divisor;
  }
  return result;
}
