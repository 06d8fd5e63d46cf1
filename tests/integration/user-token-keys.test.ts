import { createSecretKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { beforeEach, expect, onTestFinished, test } from "vitest";

import { env } from "#lib/config/env.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { diagnoseUserToken } from "#lib/domain/tokens/diagnose-user-token.ts";
import { postAuth } from "#tests/support/calls.ts";
import { faultOf, hmacBy, rsaBy, startParty, tokenOf } from "#tests/support/forged-tokens.ts";
import {
  type Behaviour,
  behaviours,
  type IdentityProvider,
  makeRsaKeyPair,
  startIdentityProvider,
} from "#tests/support/identity-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";
import { type ApiTenant, callApi, createApiTenant } from "#tests/support/user-api.ts";

// Goal: a token chooses no key but one of its own programme's, and a provider that rotates, errs or is away costs as few
// good tokens as can be and lets no bad one in. How keys are fetched and kept is key-sets.test.ts's; which count,
// read-key-set.test.ts's. Method: calls of the user API, a provider that does as it is told, and a clock that stands still.

const minutes = 60_000;
const hours = 60 * minutes;

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
  stopTheClock();
});

test.each([[undefined], [null], [""], [5], [true], [[]], [["key"]], [{ kid: "key" }]])(
  "an RS256 token whose kid is %j is refused, also where the set has one key, and costs no fetch",
  async (kid) => {
    const { tenant, provider } = await startTenant();

    expect(await faultOf({ tenant }, await provider.sign({}, { kid }))).toBe("key_id_missing");
    expect(provider.requests()).toBe(0);
    expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
  },
);

test("an HS256 token needs no kid, and one that it has names nothing", async () => {
  const party = await startParty();

  for (const kid of [undefined, null, "", "key-1", "../../dev/null", 5]) {
    expect(await faultOf(party, tokenOf(party, {}, { kid }))).toBeNull();
  }
});

test("a kid that is no name of a key costs one fetch in 30 seconds, whatever it says", async () => {
  const { tenant, provider } = await startTenant();
  const elsewhere = await startProvider();
  expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
  const kids = [
    ...[
      "unknown",
      " ",
      "0",
      "null",
      "../../dev/null",
      "/etc/passwd",
      "' OR 1=1--",
      "; DROP TABLE members",
      "|id",
    ],
    ...[
      "__proto__",
      "constructor",
      "toString",
      "a\0b",
      `${provider.kid()} `,
      ` ${provider.kid()}`,
      "k".repeat(10_000),
    ],
    ...[
      `${provider.kid()}\0`,
      provider.kid().toUpperCase(),
      elsewhere.jwksUrl,
      "file:///dev/null",
      elsewhere.kid(),
    ],
  ];

  for (const kid of kids) {
    expect(await faultOf({ tenant }, await provider.sign({}, { kid }))).toBe("key_unknown");
    expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
  }

  expect(provider.requests()).toBe(2);
  expect(elsewhere.requests()).toBe(0);
});

test("hundreds of made-up kids at once cost one fetch, and good tokens pass between them", async () => {
  const { tenant, provider } = await startTenant();
  const other = await startTenant();
  const me = "GET /v1/users/me";
  await callApi(tenant, me, { bearer: await provider.sign() });
  const bad = await Promise.all(
    Array.from({ length: 200 }, (_, index) => provider.sign({}, { kid: `kid ${index}` })),
  );
  const good = await provider.sign();

  const answers = await Promise.all(
    bad.flatMap((bearer) => [callApi(tenant, me, { bearer }), callApi(tenant, me, { bearer: good })]),
  );

  const statuses = answers.map(({ status }) => status);
  expect(statuses).toEqual(Array.from({ length: 200 }, () => [401, 200]).flat());
  expect(provider.requests()).toBe(2);
  expect(await faultOf(other, await other.provider.sign())).toBeNull();
  expect(other.provider.requests()).toBe(1);
});

test("one kid in two programmes is two keys: neither takes the other's tokens", async () => {
  const [one, two] = [await startTenant(), await startTenant()];
  for (const { provider } of [one, two]) {
    provider.serve(behaviours.document({ keys: [{ ...(await provider.publicJwk()), kid: "same" }] }));
  }
  const header = { kid: "same" };

  for (const [own, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const { issuer: iss } = own.provider;
    expect(await faultOf(own, await own.provider.sign({}, header))).toBeNull();
    expect(await faultOf(own, await other.provider.sign({ iss }, header))).toBe("signature_wrong");
    expect(await faultOf(own, await other.provider.sign({}, header))).toBe("issuer_wrong");
  }
});

test.each(["jku", "x5u", "jwk", "x5c", "all of them"])(
  "a key that a token brings itself (%s) is not looked at, and nothing is fetched for it",
  async (name) => {
    const { tenant, provider } = await startTenant();
    const attacker = await startProvider();
    const [signer, certificate] = [await makeRsaKeyPair(), "MIIB"];
    const jwk = {
      ...signer.publicKey.export({ format: "jwk" }),
      kid: provider.kid(),
      alg: "RS256",
      use: "sig",
    };
    attacker.serve(behaviours.document({ keys: [jwk] }));
    const all = { jku: attacker.jwksUrl, x5u: attacker.jwksUrl, jwk, x5c: [certificate], x5t: "x" };
    const header = Object.fromEntries(
      Object.entries(all).filter(([key]) => key === name || name === "all of them"),
    );
    const options = { key: signer.privateKey };

    expect(await faultOf({ tenant }, await provider.sign({}, header, options))).toBe("signature_wrong");
    const named = await provider.sign({}, { ...header, kid: "attacker" }, options);
    expect(await faultOf({ tenant }, named)).toBe("key_unknown");
    const unnamed = await provider.sign({}, { ...header, kid: undefined }, options);
    expect(await faultOf({ tenant }, unnamed)).toBe("key_id_missing");
    expect(await faultOf({ tenant }, await provider.sign({}, header))).toBeNull();
    expect(attacker.requests()).toBe(0);
  },
);

test("an HS256 token brings no key of its own either", async () => {
  const party = await startParty();
  const attacker = await startProvider();
  const jwk = createSecretKey("x".repeat(32), "utf8").export({ format: "jwk" });
  const header = { jku: attacker.jwksUrl, x5u: attacker.jwksUrl, jwk };

  const forged = tokenOf({ ...party, sign: hmacBy("x".repeat(32)) }, {}, header);

  expect(await faultOf(party, forged)).toBe("signature_wrong");
  expect(await faultOf(party, tokenOf(party, {}, header))).toBeNull();
  expect(attacker.requests()).toBe(0);
});

test.each<[string, { bits?: number; exponent?: number }, (jwk: JsonWebKey, own: JsonWebKey) => object[]]>([
  ["of which there are two under one kid", {}, (jwk, own) => [jwk, { ...own, kid: jwk.kid }]],
  ["that is there twice", {}, (jwk) => [jwk, jwk]],
  ["beside a shared one of its kid", {}, (jwk) => [jwk, { kty: "oct", kid: jwk.kid, k: "c2VjcmV0" }]],
  ["for encryption", {}, (jwk) => [{ ...jwk, use: "enc" }]],
  ["that may not verify", {}, (jwk) => [{ ...jwk, key_ops: ["encrypt"] }]],
  ["of another algorithm", {}, (jwk) => [{ ...jwk, alg: "PS256" }]],
  ["that shows its private half", {}, (jwk) => [{ ...jwk, d: "AQAB" }]],
  ["without a kid", {}, ({ kid, ...jwk }) => [jwk]],
  ["of 1024 bits", { bits: 1024 }, (jwk) => [jwk]],
  ["with the exponent 3", { exponent: 3 }, (jwk) => [jwk]],
])("a key %s signs no token, and those beside it do", async (_what, { bits, exponent }, entriesOf) => {
  const { tenant, provider } = await startTenant();
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    ...{ modulusLength: bits ?? 2048, publicExponent: exponent ?? 65_537 },
  });
  const own = await provider.publicJwk();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "odd" };
  provider.serve(behaviours.document({ keys: [...bystanders, ...entriesOf(jwk, own), own] }));
  const token = await signBy(privateKey, provider);

  expect(await faultOf({ tenant }, token)).toBe("key_unknown");
  expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
  moveTo(0, 30_000);
  provider.serve(behaviours.document({ keys: [jwk] }));
  // That the token was good but for what its key is: where the key can be mended, it passes.
  if (!bits && !exponent) expect(await faultOf({ tenant }, await signBy(privateKey, provider))).toBeNull();
});

test("after a rotation the first token of the new key passes, after one fetch", async () => {
  const { tenant, provider } = await startTenant();
  const old = await provider.sign();
  expect(await faultOf({ tenant }, old)).toBeNull();

  provider.rotate({ isOldKept: true });

  const good = await provider.sign();
  const answers = await Promise.all(
    [good, old, good].map((bearer) => callApi(tenant, "GET /v1/users/me", { bearer })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(provider.requests()).toBe(2);
});

test("a key that a rotation took away signs nothing any more, ten minutes later at the latest", async () => {
  const { tenant, provider } = await startTenant();
  const old = await provider.sign({ exp: Math.floor(Date.now() / 1000) + 3_600 });
  expect(await faultOf({ tenant }, old)).toBeNull();

  provider.rotate();
  moveTo(0, 10 * minutes);

  expect(await faultOf({ tenant }, old)).toBe("key_unknown");
  expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
});

test("two rotations within half a minute: the second is seen after it", async () => {
  const { tenant, provider } = await startTenant();
  await faultOf({ tenant }, await provider.sign());
  provider.rotate();
  expect(await faultOf({ tenant }, await provider.sign())).toBeNull();

  provider.rotate();
  const good = await provider.sign();
  moveTo(0, 29_999);
  expect(await faultOf({ tenant }, good)).toBe("key_unknown");

  moveTo(0, 30_000);
  expect(await faultOf({ tenant }, good)).toBeNull();
});

test.each<[string, Behaviour]>([
  ["a failure", behaviours.status(500)],
  ["a redirect", behaviours.redirect("/elsewhere")],
  ["HTML", behaviours.body("<html>")],
  ["nothing", behaviours.body("")],
  ["keys that are no list", behaviours.document({ keys: {} })],
  ["half a document", behaviours.body('{"keys":[')],
  ["a closed connection", (response) => response.destroy()],
])("while a provider answers with %s, its programme's good tokens pass for a day", async (_what, broken) => {
  const { tenant, provider } = await startTenant();
  await faultOf({ tenant }, await provider.sign());
  provider.serve(broken);

  for (const afterMs of [10 * minutes, 60 * minutes, 24 * hours - 1]) {
    moveTo(0, afterMs);
    expect(await faultOf({ tenant }, await provider.sign())).toBeNull();
    expect(await faultOf({ tenant }, await provider.sign({}, { kid: "unknown" }))).toBe("key_unknown");
  }
  moveTo(0, 24 * hours);
  const { status } = await callApi(tenant, "GET /v1/users/me", { bearer: await provider.sign() });
  expect(status).toBe(503);
});

test.each<[string, Behaviour]>([
  ["fails", behaviours.status(500)],
  ["redirects", behaviours.redirect("/elsewhere")],
  ["answers with HTML", behaviours.body("<html>")],
  ["answers with no keys", behaviours.document({})],
  ["closes the connection", (response) => response.destroy()],
])(
  "where a provider %s before it ever gave keys, callers are told to come again, and soon",
  async (_what, broken) => {
    const { tenant, provider } = await startTenant();
    provider.serve(broken);
    const bearer = await provider.sign();

    const { status, headers, json } = await callApi(tenant, "GET /v1/users/me", { bearer });

    expect({ status, json }).toEqual({
      status: 503,
      json: {
        status: "error",
        code: "identity_provider_unavailable",
        message: new DomainError("identity_provider_unavailable").message,
      },
    });
    expect(headers.get("retry-after")).toBe("2");
    expect(headers.get("www-authenticate")).toBeNull();
    expect(headers.get("ratelimit")).toMatch(/^"api-key";/);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(await diagnoseUserToken(tenant, bearer)).toEqual({
      isGood: false,
      fault: "keys_unavailable",
      explanation: "The JWKS cannot be fetched, so nothing can be said of the signature: try its URL.",
    });

    provider.serve();
    moveTo(0, 1_999);
    expect(await callApi(tenant, "GET /v1/users/me", { bearer })).toMatchObject({ status: 503 });
    moveTo(0, 2_000);
    expect(await faultOf({ tenant }, bearer)).toBeNull();
    expect(provider.requests()).toBe(2);
  },
);

test("in an outage the seconds to wait are told as they pass, and hundreds of calls cost one fetch", async () => {
  const { tenant, provider } = await startTenant();
  provider.serve(behaviours.status(500));
  const bearer = await provider.sign();
  const call = () => callApi(tenant, "GET /v1/users/me", { bearer });

  const answers = await Promise.all(Array.from({ length: 200 }, call));
  expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get("retry-after")}`))).toEqual(
    new Set(["503 2"]),
  );
  expect(provider.requests()).toBe(1);

  moveTo(0, 1_500);
  expect((await call()).headers.get("retry-after")).toBe("1");
  moveTo(0, 2_000);
  expect((await call()).headers.get("retry-after")).toBe("4");
  expect(provider.requests()).toBe(2);
});

test("in an outage what needs no keys goes on: other programmes, calls without a user, and refusals", async () => {
  const { tenant, provider } = await startTenant();
  const other = await startTenant();
  const shared = await startParty();
  provider.serve(behaviours.status(500));
  const bearer = await provider.sign();
  expect(await callApi(tenant, "GET /v1/users/me", { bearer })).toMatchObject({ status: 503 });

  expect(await faultOf(other, await other.provider.sign())).toBeNull();
  expect(await faultOf(shared, tokenOf(shared))).toBeNull();
  expect(await callApi(tenant, "GET /v1/rewards")).toMatchObject({ status: 200 });
  expect(await callApi(tenant, "GET /v1/rewards", { bearer })).toMatchObject({ status: 503 });
  expect(await faultOf({ tenant }, "no token")).toBe("not_a_token");
  expect(await faultOf({ tenant }, await provider.sign({ exp: 1, iat: 0 }))).toBe("expired");
  expect(await faultOf({ tenant }, await provider.sign({ iss: "https://evil.test" }))).toBe("issuer_wrong");
  expect(await faultOf({ tenant }, await provider.sign({}, { kid: undefined }))).toBe("key_id_missing");
});

test("what is wrong with a token otherwise is found before anything is fetched for it", async () => {
  const { tenant, provider } = await startTenant();
  const bad = await Promise.all([
    provider.sign({ iss: "https://evil.test" }),
    provider.sign({ sub: "" }),
    provider.sign({ iat: 1, exp: 2 }),
    provider.sign({}, { typ: "logout+jwt" }),
    provider.sign({}, {}, { payload: "{" }),
  ]);

  for (const token of bad) expect(await faultOf({ tenant }, token)).not.toBeNull();

  expect(provider.requests()).toBe(0);
});

test("the doctor says where a set has no key that can be used", async () => {
  const { tenant, provider } = await startTenant();
  provider.serve(behaviours.document({ keys: [{ ...(await provider.publicJwk()), use: "enc" }] }));

  const { fault, explanation } = await diagnoseUserToken(tenant, await provider.sign());

  expect(fault).toBe("key_unknown");
  expect(explanation).toBe(
    `The JWKS has no usable key with the kid "${provider.kid()}". It has: none that can be used.`,
  );
});

/** What stands in the sets of others, and harms no key beside it. */
const bystanders = [
  { kty: "EC", crv: "P-256", kid: "ec", x: "AQAB", y: "AQAB" },
  { kty: "OKP", crv: "Ed25519", kid: "okp", x: "AQAB" },
  { kty: "AKP", alg: "ML-DSA-44", kid: "akp", pub: "AQAB" },
  { kty: "unheard of", kid: "unheard" },
  { kty: "RSA", kid: "malformed", n: "%", e: 5 },
  { kty: "oct", kid: "oct", k: "c2VjcmV0" },
  ...[null, 5, "key", []],
];

/** A programme with a member user-1 that trusts a provider of its own. */
async function startTenant(): Promise<{ tenant: ApiTenant; provider: IdentityProvider }> {
  const provider = await startProvider();
  const { issuer, jwksUrl } = provider;
  const tenant = await createApiTenant({ userAuth: { algorithm: "RS256", issuer, jwksUrl } });
  await postAuth(tenant);
  return { tenant, provider };
}

async function startProvider(): Promise<IdentityProvider> {
  const provider = await startIdentityProvider();
  onTestFinished(() => provider.stop());
  return provider;
}

/** A token under the kid of the odd key, signed by it; node signs with keys that jose would not. */
async function signBy(key: KeyObject, { issuer }: IdentityProvider): Promise<string> {
  const party = { tenant: {} as ApiTenant, header: { alg: "RS256", kid: "odd" }, sign: rsaBy(key) };
  return tokenOf(party, { iss: issuer });
}
