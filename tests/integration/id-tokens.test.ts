import { constants, createHash, createHmac, type KeyObject, sign } from "node:crypto";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { readIdToken } from "#lib/domain/tokens/id-token.ts";
import { openBrowser } from "#tests/support/browser.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { behaviours, makeRsaKeyPair } from "#tests/support/identity-provider.ts";
import {
  causeIn,
  client,
  createClub,
  expectRefused,
  jane,
  rs256,
  startOpenIdProvider,
  type TokenBend,
  watchLog,
} from "#tests/support/openid-provider.ts";

// Goal: of all that an identity server signs, only an ID token that it made just now, for this client and for this very
// sign-in, says who came.
// Method: each bad token twice. Through the whole sign-in, where the protocol's library may be the first to refuse it; and
// before our own policy alone, so that each holds without the other.

const provider = await startOpenIdProvider();
const other = await startOpenIdProvider();
const stranger = await makeRsaKeyPair();
const publicKey = await provider.publicKey();
const [otherKid, otherKey] = [other.kid(), await other.privateKey()];
const club = await createClub(provider);

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});
afterEach(() => {
  provider.bend = {};
  vi.restoreAllMocks();
});
afterAll(async () => {
  await provider.stop();
  await other.stop();
});

const nonce = "nonce-of-this-sign-in";
const accessToken = "access-token-of-this-sign-in";

/** What our own policy finds wrong with an ID token; null for a good one. */
async function faultOf(bend: TokenBend, tenant: TestTenant = club): Promise<string | null> {
  const claims = "nonce" in (bend.claims ?? {}) ? bend.claims : { nonce, ...bend.claims };
  const token = await provider.idToken({ ...bend, ...(claims && { claims }) });
  const { issuer, jwksUrl } = provider;
  const party = { tenantId: tenant.id, issuer, jwksUrl, clientId: client.clientId, nonce, accessToken };
  try {
    await readIdToken(token, party);
    return null;
  } catch (error) {
    if (error instanceof Faulty) return error.fault.code;
    throw error;
  }
}

/** That a sign-in in this programme ends, with one line in the log, which gives nothing away. */
async function expectSignInRefused(words: RegExp, tenant: TestTenant = club): Promise<void> {
  const before = await db().session.count();
  const lines = watchLog();
  const browser = openBrowser(tenant);

  expectRefused(
    await browser.signIn(provider, { callbackUrl: "/wallet" }),
    "provider_answer_invalid",
    "/wallet",
  );

  expect(await browser.isSignedIn()).toBe(false);
  expect(await db().session.count()).toBe(before);
  const refusal = { tenant: tenant.code, failure: "provider_answer_invalid", cause: expect.any(String) };
  expect(lines).toEqual([["info", { requestId: undefined, ...refusal }, "sign-in refused"]]);
  expect(causeIn(lines)).toMatch(words);
  const logged = JSON.stringify(lines);
  expect(provider.secrets.size).toBeGreaterThan(5);
  for (const secret of provider.secrets) expect(logged).not.toContain(secret);
}

const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const hmac = (key: string | Buffer) => (input: string) => createHmac("sha256", key).update(input).digest();
const flipped = (input: string, key: KeyObject) => {
  const signature = rs256(input, key);
  signature[100] = (signature[100] ?? 0) ^ 1;
  return signature;
};
const pem = publicKey.export({ type: "spki", format: "pem" });
const { clientId } = client;

type Case = [what: string, bend: TokenBend, fault: string, words: RegExp];

const badTokens: Case[] = [
  ["another issuer", { claims: { iss: "https://evil.example" } }, "issuer_wrong", /iss/],
  ["the issuer with a slash more", { claims: { iss: `${provider.issuer}/` } }, "issuer_wrong", /iss/],
  ["the issuer in a list", { claims: { iss: [provider.issuer] } }, "issuer_wrong", /iss/],
  ["no issuer", { claims: { iss: undefined } }, "issuer_wrong", /iss/],
  ["another client's aud", { claims: { aud: "another" } }, "audience_wrong", /aud/],
  ["the aud in other letters", { claims: { aud: clientId.toUpperCase() } }, "audience_wrong", /aud/],
  ["a list of others as aud", { claims: { aud: ["a", "b"], azp: clientId } }, "audience_wrong", /aud/],
  ["an aud with others and no azp", { claims: { aud: [clientId, "b"] } }, "audience_wrong", /aud/],
  [
    "an aud with others and their azp",
    { claims: { aud: [clientId, "b"], azp: "b" } },
    "audience_wrong",
    /azp|aud/,
  ],
  ["an aud with a number", { claims: { aud: [clientId, 5], azp: clientId } }, "audience_wrong", /aud/],
  ["an empty list as aud", { claims: { aud: [] } }, "audience_wrong", /aud/],
  ["a number as aud", { claims: { aud: 5 } }, "audience_wrong", /aud/],
  ["no aud", { claims: { aud: undefined } }, "audience_wrong", /aud/],
  ["another client's azp", { claims: { azp: "another" } }, "audience_wrong", /azp/],
  ["an azp that is null", { claims: { azp: null } }, "audience_wrong", /azp/],
  ["another nonce", { claims: { nonce: "another" } }, "nonce_wrong", /nonce/],
  ["no nonce", { claims: { nonce: undefined } }, "nonce_wrong", /nonce/],
  ["the nonce in a list", { claims: { nonce: [nonce] } }, "nonce_wrong", /nonce/],
  [
    "alg none and no signature",
    { header: { alg: "none" }, sign: () => Buffer.alloc(0) },
    "not_a_token",
    /alg/,
  ],
  ["alg none and a signature", { header: { alg: "none" } }, "algorithm_wrong", /alg/],
  ["no alg", { header: { alg: undefined } }, "algorithm_wrong", /alg/],
  ["rs256 in small letters", { header: { alg: "rs256" } }, "algorithm_wrong", /alg/],
  [
    "HS256 by the client secret",
    { header: { alg: "HS256" }, sign: hmac(client.clientSecret) },
    "algorithm_wrong",
    /alg/,
  ],
  [
    "HS256 by the public key",
    { header: { alg: "HS256" }, sign: hmac(Buffer.from(pem)) },
    "algorithm_wrong",
    /alg/,
  ],
  [
    "a good RS384",
    { header: { alg: "RS384" }, sign: (input, key) => sign("sha384", Buffer.from(input), key) },
    "algorithm_wrong",
    /alg/,
  ],
  [
    "a good PS256",
    {
      header: { alg: "PS256" },
      sign: (input, key) =>
        sign("sha256", Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    },
    "algorithm_wrong",
    /alg/,
  ],
  ["a signature with a bit flipped", { sign: flipped }, "signature_wrong", /signature/],
  [
    "a stranger's signature",
    { sign: (input) => rs256(input, stranger.privateKey) },
    "signature_wrong",
    /signature/,
  ],
  [
    "the signature of other claims",
    { sign: (_input, key) => rs256("x.y", key) },
    "signature_wrong",
    /signature/,
  ],
  ["no signature", { sign: () => Buffer.alloc(0) }, "not_a_token", /JWS|JWT/],
  ["a kid that nobody knows", { header: { kid: "no-such" } }, "key_unknown", /kid/],
  ["a kid that is a path", { header: { kid: "../../dev/null" } }, "key_unknown", /kid/],
  ["the name of a property as kid", { header: { kid: "__proto__" } }, "key_unknown", /kid/],
  ["no kid", { header: { kid: undefined } }, "key_id_missing", /kid/],
  ["an empty kid", { header: { kid: "" } }, "key_id_missing", /kid/],
  ["a number as kid", { header: { kid: 1 } }, "key_id_missing", /kid/],
  [
    "another server's kid and key",
    { header: { kid: otherKid }, sign: (input) => rs256(input, otherKey) },
    "key_unknown",
    /kid/,
  ],
  [
    "a key of its own in the header",
    {
      header: { jwk: stranger.publicKey.export({ format: "jwk" }) },
      sign: (input) => rs256(input, stranger.privateKey),
    },
    "signature_wrong",
    /signature/,
  ],
  [
    "the address of another server's keys",
    { header: { jku: other.jwksUrl, kid: otherKid }, sign: (input) => rs256(input, otherKey) },
    "key_unknown",
    /kid/,
  ],
  ["an exp of past the leeway", { claims: { iat: at(-100), exp: at(-31) } }, "expired", /exp/],
  ["no exp", { claims: { exp: undefined } }, "time_wrong", /exp/],
  ["an exp that is a text", { claims: { exp: String(at(300)) } }, "time_wrong", /exp/],
  ["an iat in the future", { claims: { iat: at(90) } }, "not_yet_valid", /future/],
  ["an iat of eleven minutes ago", { claims: { iat: at(-660) } }, "too_old", /iat/],
  ["an iat of a week ago", { claims: { iat: at(-604_800) } }, "too_old", /iat/],
  ["an iat of zero", { claims: { iat: 0 } }, "too_old", /iat/],
  ["no iat", { claims: { iat: undefined } }, "time_wrong", /iat/],
  ["an iat that is a text", { claims: { iat: String(at(0)) } }, "time_wrong", /iat/],
  ["an nbf in the future", { claims: { nbf: at(90) } }, "not_yet_valid", /nbf|future/],
  ["an nbf that is a text", { claims: { nbf: "0" } }, "time_wrong", /nbf/],
  ["no sub", { claims: { sub: undefined } }, "subject_wrong", /sub/],
  ["an empty sub", { claims: { sub: "" } }, "subject_wrong", /sub/],
  ["a number as sub", { claims: { sub: 5 } }, "subject_wrong", /sub/],
  ["a sub of 256 characters", { claims: { sub: "x".repeat(256) } }, "subject_wrong", /sub/],
  ["a sub with white space at its end", { claims: { sub: "jane-1 " } }, "subject_wrong", /sub/],
  ["a sub with a NUL", { claims: { sub: "jane\0" } }, "subject_wrong", /sub/],
  ["typ logout+jwt", { header: { typ: "logout+jwt" } }, "type_wrong", /typ/],
  ["typ at+jwt", { header: { typ: "at+jwt" } }, "type_wrong", /typ/],
  ["typ JWS", { header: { typ: "JWS" } }, "type_wrong", /typ/],
  [
    "the event of a sign-out",
    { claims: { events: { "http://schemas.openid.net/event/backchannel-logout": {} } } },
    "type_wrong",
    /sign-out/,
  ],
  ["events, whatever they are", { claims: { events: null } }, "type_wrong", /sign-out/],
  [
    "the hash of another access token",
    { claims: { at_hash: "MTIzNDU2Nzg5MDEyMzQ1Ng" } },
    "access_token_wrong",
    /at_hash/,
  ],
  ["an empty hash", { claims: { at_hash: "" } }, "access_token_wrong", /at_hash/],
  [
    "its sub twice",
    { rewrite: (json) => json.replace("{", '{"sub":"mallory",') },
    "claims_unreadable",
    /twice/,
  ],
  [
    "its nonce twice",
    { rewrite: (json) => json.replace("{", '{"nonce":"x",') },
    "claims_unreadable",
    /twice/,
  ],
  ["crit", { header: { crit: ["exp"] } }, "header_unsupported", /crit/],
  ["b64", { header: { b64: true } }, "header_unsupported", /b64/],
  ["zip", { header: { zip: "DEF" } }, "header_unsupported", /zip/],
  ["a list for claims", { rewrite: () => "[]" }, "claims_unreadable", /object|JSON/],
  ["null for claims", { rewrite: () => "null" }, "claims_unreadable", /object|JSON/],
  ["half its claims", { rewrite: (json) => json.slice(0, -20) }, "claims_unreadable", /JSON/],
];

test.each(badTokens)("an ID token with %s signs nobody in", async (_what, bend, fault, words) => {
  provider.bend = { idToken: bend };
  const asked = other.requests();

  await expectSignInRefused(words);

  expect(await faultOf(bend)).toBe(fault);
  expect(other.requests()).toBe(asked);
});

test("a good one passes the policy, and so does what is at the edge of it", async () => {
  const hash = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
  const good: TokenBend[] = [
    {},
    { header: { typ: "JWT" } },
    { header: { jku: other.jwksUrl } },
    { claims: { aud: [clientId] } },
    { claims: { aud: ["b", clientId], azp: clientId } },
    { claims: { azp: clientId, at_hash: hash, amr: ["pwd"], acr: "1", auth_time: at(-10) } },
    { claims: { iat: at(20), nbf: at(20) } },
    { claims: { iat: at(-590), exp: at(-20) } },
    { claims: { sub: "x".repeat(255) } },
    { claims: { roles: ["admin"], scope: "*", tenant: "another" } },
  ];

  const before = other.requests();
  for (const bend of good) expect(await faultOf(bend), JSON.stringify(bend)).toBeNull();
  expect(other.requests()).toBe(before);
});

test.each<[string, TokenBend]>([
  ["nothing special", {}],
  ["a typ", { header: { typ: "JWT" } }],
  ["a list with this client as aud", { claims: { aud: [clientId] } }],
  ["an aud with others, and the azp of this client", { claims: { aud: ["b", clientId], azp: clientId } }],
  ["a clock that is 20 s ahead", { claims: { iat: at(20), nbf: at(20) } }],
])("an ID token with %s signs somebody in", async (_what, bend) => {
  provider.bend = { idToken: bend };
  const browser = openBrowser(club);

  await browser.signIn(provider);

  expect(await browser.isSignedIn()).toBe(true);
});

test("the hash of the access token that came along is good, whatever the claims", async () => {
  const hash = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
  provider.bend = {
    tokens: { access_token: accessToken },
    idToken: { claims: { at_hash: hash } },
    answers: { userinfo: behaviours.document(jane) },
  };
  const browser = openBrowser(club);

  await browser.signIn(provider);

  expect(await browser.isSignedIn()).toBe(true);
});

test("where the server has several keys, a token without a kid is refused as well", async () => {
  const rotating = await startOpenIdProvider();
  const tenant = await createClub(rotating);
  rotating.rotate({ isOldKept: true });
  rotating.bend = { idToken: { header: { kid: undefined } } };

  const answer = await openBrowser(tenant).signIn(rotating);

  expectRefused(answer, "provider_answer_invalid");
  await rotating.stop();
});

test("one kid in two programmes is two keys: the one's token is nothing to the other", async () => {
  const [one, two] = [await startOpenIdProvider(), await startOpenIdProvider()];
  for (const each of [one, two]) {
    const keys = [{ ...(await each.publicJwk()), kid: "same" }];
    each.bend = { answers: { jwks: behaviours.document({ keys }) }, idToken: { header: { kid: "same" } } };
  }
  const tenant = await createClub(one);
  const elsewhere = await createClub(two);
  const first = openBrowser(tenant);
  await first.signIn(one);
  const key = await one.privateKey();
  two.bend = { ...two.bend, idToken: { header: { kid: "same" }, sign: (input) => rs256(input, key) } };

  expectRefused(await openBrowser(elsewhere).signIn(two), "provider_answer_invalid");
  expect(await first.isSignedIn()).toBe(true);
  await Promise.all([one.stop(), two.stop()]);
});

test.each([
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["a number", 5],
  ["no JWS", "x"],
  ["encrypted", "a.b.c.d.e"],
  ["too large", `a.${"b".repeat(20_000)}.c`],
])("a sign-in whose ID token is %s ends", async (_what, idToken) => {
  provider.bend = { tokens: { id_token: idToken } };

  await expectSignInRefused(/./);
});

test.each<[string, Record<string, unknown>]>([
  ["no access token", { access_token: undefined }],
  ["an access token that is a number", { access_token: 5 }],
  ["an access token with a line break", { access_token: "a\r\nX-Own: 1" }],
  ["an access token beyond ASCII", { access_token: "tökén→" }],
  ["no type", { token_type: undefined }],
  ["a type that is not ours", { token_type: "mac" }],
])("a sign-in whose tokens have %s ends", async (_what, tokens) => {
  provider.bend = { tokens };

  await expectSignInRefused(/./);
});

test.each([
  ["another sub", { sub: "mallory" }],
  ["no sub", { sub: undefined }],
  ["a number as sub", { sub: 5 }],
  ["the sub in a list", { sub: [jane.sub] }],
])("userinfo with %s belongs to nobody who signed in", async (_what, userinfo) => {
  provider.bend = { userinfo };

  await expectSignInRefused(/sub/);
});

test("userinfo cannot put itself in the place of the signed sub, nor of the session there", async () => {
  const tenant = await createClub(provider);
  provider.bend = { userinfo: { sid: "another-sid", iss: "https://evil.example", aud: "x", nonce: "x" } };

  await openBrowser(tenant).signIn(provider);

  const where = { tenantId: tenant.id };
  expect(await db().session.findFirst({ where })).toMatchObject({
    ...{ providerSubject: jane.sub, providerSessionId: "sid-1" },
  });
});

test.each([
  ["a NUL", "sid\0"],
  ["nothing", ""],
  ["a number", 5],
  ["256 characters", "x".repeat(256)],
])("a session's name at the server that has %s in it is none, and keeps nobody out", async (_what, sid) => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);

  await browser.signIn(provider, { person: { ...jane, sid } });

  expect(await browser.isSignedIn()).toBe(true);
  expect(await db().session.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({
    providerSessionId: null,
  });
});

test("what the server signed is kept sealed, and only where it is short enough to be sent back", async () => {
  const tenant = await createClub(provider);
  const sealedOf = async () => {
    const orderBy = { createdAt: "desc" } as const;
    return (await db().session.findFirstOrThrow({ where: { tenantId: tenant.id }, orderBy })).sealedIdToken;
  };

  await openBrowser(tenant).signIn(provider);
  const sealed = await sealedOf();
  provider.bend = { idToken: { claims: { groups: "x".repeat(4_000) } } };
  await openBrowser(tenant).signIn(provider);

  expect(sealed).toMatch(/^[\w-]{100,}$/);
  for (const secret of provider.secrets) expect(sealed).not.toContain(secret);
  expect(await sealedOf()).toBeNull();
});
