import { generateKeyPairSync } from "node:crypto";
import { CompactSign, compactVerify, createLocalJWKSet, decodeProtectedHeader } from "jose";
import { beforeEach, expect, test, vi } from "vitest";

import { GET } from "#app/.well-known/jwks.json/route.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { addSigningKey } from "#lib/db/signing-keys.ts";
import { newId } from "#lib/domain/ids.ts";
import { publicKeySet, rotateKeys } from "#lib/domain/tokens/own-keys.ts";
import { type OwnTokenKind, readOwnToken, signOwnToken } from "#lib/domain/tokens/own-token.ts";
import "#tests/support/database.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: what Laurel signs, everybody can verify by its public keys, nobody else can make, and is good for its own kind
// alone; a new key ends nothing that is younger than the key before.
// Method: the real keys on a real database; the memory of another process is an empty one.

const forget = () => Reflect.deleteProperty(globalThis, "laurelOwnKeys");
const kinds: OwnTokenKind[] = ["member", "admin", "endUser"];

beforeEach(async () => {
  await db().signingKey.deleteMany();
  forget();
});

async function faultOf(kind: OwnTokenKind, token: string): Promise<string | null> {
  return readOwnToken(kind, token).then(
    () => null,
    (error: { fault?: { code: string } }) => error.fault?.code ?? String(error),
  );
}

function partsOf(token: string) {
  const [header = "", payload = ""] = token
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString());
  return { header: JSON.parse(header), payload: JSON.parse(payload) };
}

test("a token is verified by the published keys, names its kind, and says until when it is good", async () => {
  stopTheClock();
  const token = await signOwnToken("member", { id: "x", roles: ["ROLE_PARTICIPANT"] }, 86_400);

  const published = await (await GET()).json();
  const { payload } = await compactVerify(token, createLocalJWKSet(published));
  const iat = Date.now() / 1000;
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
    ...{ iss: "laurel", aud: "laurel:member", iat, exp: iat + 86_400, jti: expect.any(String) },
    ...{ id: "x", roles: ["ROLE_PARTICIPANT"] },
  });
  expect(decodeProtectedHeader(token)).toEqual({
    alg: "RS256",
    typ: "member+jwt",
    kid: published.keys[0].kid,
  });
  expect(published.keys).toEqual([
    { kty: "RSA", e: "AQAB", n: expect.any(String), kid: expect.any(String), alg: "RS256", use: "sig" },
  ]);
});

test("what is published has no private part, and what is kept is sealed", async () => {
  await signOwnToken("member", {}, 60);

  expect(JSON.stringify(await publicKeySet())).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)":/);
  const [row] = await db().signingKey.findMany();
  expect(row?.sealedPrivateKey).not.toContain("PRIVATE KEY");
});

test.each(kinds)("a token of the kind %s is none of the others", async (kind) => {
  const token = await signOwnToken(kind, {}, 60);

  for (const other of kinds) expect(await faultOf(other, token)).toBe(other === kind ? null : "type_wrong");
});

test("a token ends at its time, and is not told to be over where it was never good", async () => {
  stopTheClock();
  const token = await signOwnToken("admin", {}, 60);

  moveTo(0, 59_999);
  expect(await faultOf("admin", token)).toBeNull();
  moveTo(0, 60_000);
  expect(await faultOf("admin", token)).toBe("expired");
  expect(await faultOf("admin", `${token.slice(0, -6)}AAAAAA`)).toBe("signature_wrong");
});

test("with another key, issuer, audience, time or algorithm it is none of ours", async () => {
  const token = await signOwnToken("admin", {}, 60);
  const { header, payload } = partsOf(token);
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  const forged = await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader(header)
    .sign(stranger);
  const signed = (claims: object) => signOwnToken("admin", claims as never, 60);
  const unsigned = `${Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url")}.${token.split(".")[1]}.AAAA`;

  expect(await faultOf("admin", forged)).toBe("signature_wrong");
  expect(await faultOf("admin", unsigned)).toBe("algorithm_wrong");
  expect(await faultOf("admin", await signed({ iss: "other" }))).toBe("issuer_wrong");
  expect(await faultOf("admin", await signed({ aud: "laurel:member" }))).toBe("audience_wrong");
  expect(await faultOf("admin", await signed({ aud: ["laurel:admin"] }))).toBe("audience_wrong");
  expect(await faultOf("admin", await signed({ exp: "9999999999" }))).toBe("time_wrong");
  expect(await faultOf("admin", await signed({ iat: payload.iat + 600 }))).toBe("time_wrong");
  expect(await faultOf("admin", await signed({ iat: "1" }))).toBe("time_wrong");
  for (const text of ["", "x", "a.b.c", `${token}.`]) expect(await faultOf("admin", text)).not.toBeNull();
});

test("a token of another process, whose clock is ahead, is good from five seconds before its time", async () => {
  stopTheClock();
  const iat = Date.now() / 1000;

  expect(await faultOf("admin", await signOwnToken("admin", { iat: iat + 5 }, 60))).toBeNull();
  expect(await faultOf("admin", await signOwnToken("admin", { iat: iat + 6 }, 60))).toBe("time_wrong");
});

test("after a rotation the new key signs, the one before verifies, and the one before that is forgotten", async () => {
  const tokens = [await signOwnToken("member", {}, 600)];
  const kids: string[] = [];
  for (let round = 0; round < 2; round++) {
    kids.push(await rotateKeys());
    tokens.push(await signOwnToken("member", {}, 600));
    expect(decodeProtectedHeader(tokens.at(-1) ?? "").kid).toBe(kids.at(-1));
    if (round === 0) expect(await faultOf("member", tokens[0] ?? "")).toBeNull();
  }

  expect(await Promise.all(tokens.map((token) => faultOf("member", token)))).toEqual([
    "key_unknown",
    null,
    null,
  ]);
  expect((await publicKeySet()).keys.map((key) => (key as { kid: string }).kid)).toEqual(kids.toReversed());
  expect(await db().signingKey.count()).toBe(2);
});

test("a key that another process made is known as soon as a token names it", async () => {
  await signOwnToken("member", {}, 600);
  const memory = Reflect.get(globalThis, "laurelOwnKeys");
  await rotateKeys();
  const token = await signOwnToken("member", {}, 600);
  Reflect.set(globalThis, "laurelOwnKeys", { ...memory, readAtMs: performance.now() - 2_000 });

  expect(await faultOf("member", token)).toBeNull();
});

test("other processes' keys are looked for once a second, and what they retired is forgotten in half a minute", async () => {
  const before = await signOwnToken("member", {}, 600);
  const memory = Reflect.get(globalThis, "laurelOwnKeys");
  await rotateKeys();
  const between = await signOwnToken("member", {}, 600);
  await rotateKeys();
  Reflect.set(globalThis, "laurelOwnKeys", memory);
  const stopwatch = vi.spyOn(performance, "now");
  try {
    stopwatch.mockReturnValue(memory.readAtMs + 999);
    expect(await faultOf("member", between)).toBe("key_unknown");
    stopwatch.mockReturnValue(memory.readAtMs + 29_999);
    expect(await faultOf("member", before)).toBeNull();
    stopwatch.mockReturnValue(memory.readAtMs + 30_001);
    expect([await faultOf("member", before), await faultOf("member", between)]).toEqual([
      "key_unknown",
      null,
    ]);
  } finally {
    stopwatch.mockRestore();
  }
});

test("of many first keys that are written at once one is there", async () => {
  const keys = Array.from({ length: 8 }, () => ({
    ...{ id: newId(), publicJwk: {}, sealedPrivateKey: "sealed", createdAt: new Date() },
  }));

  await Promise.all(keys.map((key) => addSigningKey(key, 2, (newest) => newest === null)));

  expect(await db().signingKey.count()).toBe(1);
});

test("of many who ask for the first key at once, all sign with the same one", async () => {
  const tokens = await Promise.all(
    Array.from({ length: 8 }, () => {
      forget();
      return signOwnToken("member", {}, 600);
    }),
  );

  expect(new Set(tokens.map((token) => decodeProtectedHeader(token).kid)).size).toBe(1);
  expect(await db().signingKey.count()).toBe(1);
});

test("a key that opens no more is replaced, and its tokens stay good", async () => {
  const before = await signOwnToken("member", {}, 600);
  const secrets = vi.spyOn(env(), "LAUREL_SECRET", "get");
  secrets.mockReturnValue(["another secret of the deployment, and long enough"]);
  forget();
  try {
    const after = await signOwnToken("member", {}, 600);
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    expect([await faultOf("member", before), await faultOf("member", after)]).toEqual([null, null]);
  } finally {
    secrets.mockRestore();
  }
});
