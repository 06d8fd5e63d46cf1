import { constants, createHmac, randomUUID, sign } from "node:crypto";
import { afterAll, afterEach, expect, test, vi } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { sweepSignIn } from "#lib/domain/sign-in/sweep-sign-in.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { readIdToken } from "#lib/domain/tokens/id-token.ts";
import { readLogoutToken } from "#lib/domain/tokens/logout-token.ts";
import { type Browser, openBrowser } from "#tests/support/browser.ts";
import type { Answer } from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { behaviours, makeRsaKeyPair } from "#tests/support/identity-provider.ts";
import {
  client,
  createClub,
  jane,
  rs256,
  startOpenIdProvider,
  type TokenBend,
  watchLog,
} from "#tests/support/openid-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";
import { type ApiTenant, callApi } from "#tests/support/user-api.ts";

// Goal: an identity server that says that somebody signed out there ends the sessions that it names, at once, and once for
// each time that it says so; nobody else can end anything with whatever they have got hold of.
// Method: as in oauth-sign-in.test.ts. Each bad token goes through the door beside a session that has to live on.

env().ALLOW_LOOPBACK_URLS = true;
const provider = await startOpenIdProvider();
const other = await startOpenIdProvider();
const stranger = await makeRsaKeyPair();
const [otherKid, otherKey] = [other.kid(), await other.privateKey()];
const pem = (await provider.publicKey()).export({ type: "spki", format: "pem" });
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";
const path = "/api/auth/backchannel-logout";

afterEach(() => {
  provider.bend = {};
  vi.restoreAllMocks();
  moveClock(0);
});
afterAll(async () => {
  await provider.stop();
  await other.stop();
});

/** What the server sends, which is no browser. */
function send(tenant: TestTenant, form: Record<string, string> | string, headers = {}): Promise<Answer> {
  return openBrowser(tenant).post(path, form, { origin: null, ...headers });
}

async function sendToken(tenant: TestTenant, bend: TokenBend): Promise<Answer> {
  return send(tenant, { logout_token: await provider.logoutToken(bend) });
}

async function signIn(tenant: TestTenant, person: Record<string, unknown> = {}): Promise<Browser> {
  const browser = openBrowser(tenant);
  await browser.signIn(provider, { person: { ...jane, ...person } });
  expect(await browser.isSignedIn()).toBe(true);
  return browser;
}

function whoIsIn(browsers: Record<string, Browser>): Promise<string[]> {
  const all = Object.entries(browsers);
  return Promise.all(all.map(([, browser]) => browser.isSignedIn())).then((isIn) =>
    all.flatMap(([name], index) => (isIn[index] ? [name] : [])),
  );
}

function expectObeyed({ status, headers, json, cookies }: Answer): void {
  expect({ status, json, cookies }).toEqual({ status: 200, json: "", cookies: [] });
  expect(headers.get("cache-control")).toBe("private, no-store");
}

function expectRefused({ status, headers, json, cookies }: Answer): void {
  expect({ status, json, cookies }).toEqual({ status: 400, json: { error: "invalid_request" }, cookies: [] });
  expect(headers.get("cache-control")).toBe("private, no-store");
}

/** Two of Jane's sessions at the server, one whose name it never told, somebody else's, and Jane's in another programme. */
async function signManyIn() {
  const tenant = await createClub(provider);
  const elsewhere = await createClub(provider);
  const browsers = {
    one: await signIn(tenant, { sid: "sid-one" }),
    two: await signIn(tenant, { sid: "sid-two" }),
    nameless: await signIn(tenant, { sid: null }),
    bob: await signIn(tenant, { sub: "bob", sid: "sid-bob" }),
    elsewhere: await signIn(elsewhere, { sid: "sid-one" }),
  };
  return { tenant, browsers };
}

test.each<[string, Record<string, unknown>, string[]]>([
  ["a sub: all that the person has", { sub: jane.sub }, ["bob", "elsewhere"]],
  ["a sid: what came of that session there", { sid: "sid-one" }, ["two", "nameless", "bob", "elsewhere"]],
  [
    "both: that session, and what may have come of it",
    { sub: jane.sub, sid: "sid-one" },
    ["two", "bob", "elsewhere"],
  ],
  ["a sid that nobody has", { sid: "sid-none" }, ["one", "two", "nameless", "bob", "elsewhere"]],
  ["a sub that nobody has", { sub: "nobody" }, ["one", "two", "nameless", "bob", "elsewhere"]],
  ["a sid of somebody else", { sub: "bob", sid: "sid-one" }, ["one", "two", "nameless", "bob", "elsewhere"]],
])("a logout token ends at once what it names by %s", async (_what, claims, left) => {
  const { tenant, browsers } = await signManyIn();

  expectObeyed(await sendToken(tenant, { claims }));

  expect(await whoIsIn(browsers)).toEqual(left);
  const where = { tenantId: tenant.id, endedAt: { not: null } };
  const reasons = (await db().session.findMany({ where })).map(({ endReason }) => endReason);
  expect(new Set(reasons)).toEqual(new Set(left.length < 5 ? ["ended_by_provider"] : []));
});

test("whoever was signed out there can sign in again, and next-auth's session is empty until then", async () => {
  const tenant = await createClub(provider);
  const browser = await signIn(tenant);

  expectObeyed(await sendToken(tenant, { claims: { sub: jane.sub } }));

  expect((await browser.get("/api/auth/session")).json).toEqual({});
  await browser.signIn(provider);
  expect(await browser.isSignedIn()).toBe(true);
});

test("a member whose identifier is another claim is still the server's sub", async () => {
  const oauth2 = provider.settings({ claims: { authIdentifier: "number" } });
  const tenant = await createClub(provider, { oauth2 });
  const browser = await signIn(tenant, { number: 4711 });

  expectObeyed(await sendToken(tenant, { claims: { sub: "4711" } }));
  expect(await browser.isSignedIn()).toBe(true);
  expectObeyed(await sendToken(tenant, { claims: { sub: jane.sub } }));
  expect(await browser.isSignedIn()).toBe(false);
});

test.each<[string, TokenBend]>([
  ["the typ JWT", { header: { typ: "JWT" } }],
  ["no typ", { header: { typ: undefined } }],
  ["an exp to come", { claims: { exp: at(120) } }],
  ["a clock that is 20 s ahead", { claims: { iat: at(20) } }],
  ["an iat of nine minutes ago", { claims: { iat: at(-540) } }],
  ["a list with this client as aud", { claims: { aud: [client.clientId] } }],
  ["other events beside it", { claims: { events: { [logoutEvent]: {}, "https://x.example/event": {} } } }],
  ["something in its event", { claims: { events: { [logoutEvent]: { reason: "idle" } } } }],
])("a logout token with %s is good", async (_what, bend) => {
  const tenant = await createClub(provider);
  const browser = await signIn(tenant);

  expectObeyed(await sendToken(tenant, { ...bend, claims: { sub: jane.sub, ...bend.claims } }));

  expect(await browser.isSignedIn()).toBe(false);
});

test("other fields of the form are passed over, and a charset of it, too", async () => {
  const tenant = await createClub(provider);
  const browser = await signIn(tenant);
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });
  const type = "application/x-www-form-urlencoded;charset=UTF-8";

  expectObeyed(await send(tenant, { state: "x", logout_token: token }, { "content-type": type }));

  expect(await browser.isSignedIn()).toBe(false);
});

function at(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

const hmac = (key: string) => (input: string) => createHmac("sha256", key).update(input).digest();

const badTokens: [string, TokenBend, string][] = [
  ["another issuer", { claims: { iss: "https://evil.example" } }, "issuer_wrong"],
  ["the issuer with a slash more", { claims: { iss: `${provider.issuer}/` } }, "issuer_wrong"],
  ["no issuer", { claims: { iss: undefined } }, "issuer_wrong"],
  ["another client's aud", { claims: { aud: "another" } }, "audience_wrong"],
  ["an aud with others", { claims: { aud: [client.clientId, "another"] } }, "audience_wrong"],
  ["no aud", { claims: { aud: undefined } }, "audience_wrong"],
  ["another client's azp", { claims: { azp: "another" } }, "audience_wrong"],
  ["alg none and no signature", { header: { alg: "none" }, sign: () => Buffer.alloc(0) }, "not_a_token"],
  ["alg none and a signature", { header: { alg: "none" } }, "algorithm_wrong"],
  [
    "HS256 by the client secret",
    { header: { alg: "HS256" }, sign: hmac(client.clientSecret) },
    "algorithm_wrong",
  ],
  ["HS256 by the public key", { header: { alg: "HS256" }, sign: hmac(String(pem)) }, "algorithm_wrong"],
  [
    "a good RS384",
    { header: { alg: "RS384" }, sign: (input, key) => sign("sha384", Buffer.from(input), key) },
    "algorithm_wrong",
  ],
  [
    "a good PS256",
    {
      header: { alg: "PS256" },
      sign: (input, key) =>
        sign("sha256", Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    },
    "algorithm_wrong",
  ],
  ["a stranger's signature", { sign: (input) => rs256(input, stranger.privateKey) }, "signature_wrong"],
  ["the signature of another token", { sign: (_input, key) => rs256("x.y", key) }, "signature_wrong"],
  ["a kid that nobody knows", { header: { kid: "no-such" } }, "key_unknown"],
  ["no kid", { header: { kid: undefined } }, "key_id_missing"],
  [
    "another server's key",
    { header: { kid: otherKid }, sign: (input) => rs256(input, otherKey) },
    "key_unknown",
  ],
  ["no events", { claims: { events: undefined } }, "type_wrong"],
  ["another event", { claims: { events: { "https://x.example/event": {} } } }, "type_wrong"],
  ["events that are null", { claims: { events: null } }, "type_wrong"],
  ["a list of events", { claims: { events: [logoutEvent] } }, "type_wrong"],
  ["events that are a text", { claims: { events: logoutEvent } }, "type_wrong"],
  ["an event that is a text", { claims: { events: { [logoutEvent]: "" } } }, "type_wrong"],
  ["an event that is null", { claims: { events: { [logoutEvent]: null } } }, "type_wrong"],
  ["an event that is a list", { claims: { events: { [logoutEvent]: [] } } }, "type_wrong"],
  ["a nonce", { claims: { nonce: "x" } }, "nonce_there"],
  ["a nonce that is null", { claims: { nonce: null } }, "nonce_there"],
  ["no jti", { claims: { jti: undefined } }, "token_id_wrong"],
  ["an empty jti", { claims: { jti: "" } }, "token_id_wrong"],
  ["a number as jti", { claims: { jti: 5 } }, "token_id_wrong"],
  ["a jti of 256 characters", { claims: { jti: "x".repeat(256) } }, "token_id_wrong"],
  ["a jti with a NUL", { claims: { jti: "a\0" } }, "token_id_wrong"],
  ["neither sub nor sid", { claims: { sub: undefined } }, "session_wrong"],
  ["a number as sub", { claims: { sub: 5 } }, "session_wrong"],
  ["an empty sub and no sid", { claims: { sub: "" } }, "session_wrong"],
  ["a good sub and a sid that is null", { claims: { sid: null } }, "session_wrong"],
  ["a good sub and a NUL in its sid", { claims: { sid: "a\0" } }, "session_wrong"],
  ["no iat", { claims: { iat: undefined } }, "time_wrong"],
  ["an iat that is a text", { claims: { iat: String(at(0)) } }, "time_wrong"],
  ["an iat in the future", { claims: { iat: at(90) } }, "not_yet_valid"],
  ["an iat of eleven minutes ago", { claims: { iat: at(-660) } }, "too_old"],
  ["an iat of a week ago", { claims: { iat: at(-604_800) } }, "too_old"],
  ["an exp of the past", { claims: { exp: at(-60) } }, "expired"],
  ["an exp that is a text", { claims: { exp: "x" } }, "time_wrong"],
  ["an nbf in the future", { claims: { nbf: at(90) } }, "not_yet_valid"],
  ["the typ at+jwt", { header: { typ: "at+jwt" } }, "type_wrong"],
  ["the typ secevent+jwt", { header: { typ: "secevent+jwt" } }, "type_wrong"],
  ["crit", { header: { crit: ["exp"] } }, "header_unsupported"],
  ["its sub twice", { rewrite: (json) => json.replace("{", '{"sub":"x",') }, "claims_unreadable"],
];

const club = await createClub(provider);
const witness = openBrowser(club);
await witness.signIn(provider);

test.each(badTokens)("a logout token with %s ends nothing", async (_what, bend, fault) => {
  const whole = { ...bend, claims: { sub: jane.sub, ...bend.claims } };
  const lines = watchLog();
  const before = other.requests();
  const spent = () => db().spentToken.count({ where: { tenantId: club.id } });
  const spentBefore = await spent();

  expectRefused(await sendToken(club, whole));

  const cause = expect.stringMatching(new RegExp(`^${fault}: `));
  expect(lines).toEqual([
    ["info", { requestId: undefined, tenant: club.code, cause }, "logout token refused"],
  ]);
  for (const secret of provider.secrets) expect(JSON.stringify(lines)).not.toContain(secret);
  expect(await witness.isSignedIn()).toBe(true);
  expect(await spent()).toBe(spentBefore);
  expect(other.requests()).toBe(before);
});

test("tokens of other kinds end nothing: ID tokens, access tokens, and what is none", async () => {
  const idToken = await provider.idToken({ claims: { nonce: undefined } });
  const accessToken = await provider.sign(
    { sub: jane.sub, aud: client.clientId, jti: "1" },
    { typ: "at+jwt" },
  );
  const userToken = await provider.sign({ sub: jane.sub, aud: client.clientId, jti: "1" });
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });
  const spoilt = [
    `${token}=`,
    ` ${token}`,
    `${token}\n`,
    token.slice(0, -4),
    `${token}.x`,
    "x",
    "",
    "x".repeat(20_000),
  ];

  for (const each of [idToken, accessToken, userToken, ...spoilt]) {
    expectRefused(await send(club, { logout_token: each }));
  }

  expect(await witness.isSignedIn()).toBe(true);
});

test("one token is asked for, in a form: none, two, another name, JSON and what is too long are refused", async () => {
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });
  const one = `logout_token=${token}`;

  for (const form of [
    "",
    "x=y",
    `token=${token}`,
    `${one}&${one}`,
    `${one}&logout_token=`,
    `LOGOUT_TOKEN=${token}`,
  ]) {
    expectRefused(await send(club, form));
  }
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", null]) {
    const answer = await send(club, type === "application/json" ? `{"logout_token":"${token}"}` : one, {
      "content-type": type,
    });
    expectRefused(answer);
  }
  const long = await send(club, `${one}&x=${"y".repeat(70_000)}`);
  expect(long).toMatchObject({ status: 413, json: { code: "body_too_large" } });
  const byQuery = await openBrowser(club).post(`${path}?${one}`, "", { origin: null });
  expectRefused(byQuery);

  expect(await witness.isSignedIn()).toBe(true);
});

test("the same token is obeyed once, also where its session has come again", async () => {
  const tenant = await createClub(provider);
  await signIn(tenant);
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });
  const lines = watchLog();

  expectObeyed(await send(tenant, { logout_token: token }));
  const again = await signIn(tenant);
  expectRefused(await send(tenant, { logout_token: token }));

  expect(await again.isSignedIn()).toBe(true);
  expect(lines).toEqual([
    [
      "info",
      { requestId: undefined, tenant: tenant.code, endedSessions: 1 },
      "signed out by the identity server",
    ],
    [
      "info",
      { requestId: undefined, tenant: tenant.code, cause: "This token was obeyed before." },
      "logout token refused",
    ],
  ]);
});

test("of twenty who bring one token at once, one is obeyed", async () => {
  const tenant = await createClub(provider);
  const browser = await signIn(tenant);
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });

  const answers = await Promise.all(Array.from({ length: 20 }, () => send(tenant, { logout_token: token })));

  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array(19).fill(400)]);
  expect(await browser.isSignedIn()).toBe(false);
});

test("one jti is another token in another programme", async () => {
  const [tenant, elsewhere] = [await createClub(provider), await createClub(provider)];
  const browsers = { here: await signIn(tenant), there: await signIn(elsewhere) };
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });

  expectObeyed(await send(tenant, { logout_token: token }));
  expect(await whoIsIn(browsers)).toEqual(["there"]);
  expectObeyed(await send(elsewhere, { logout_token: token }));
  expect(await whoIsIn(browsers)).toEqual([]);
});

test("a token is remembered for as long as it could pass, and then forgotten", async () => {
  stopTheClock();
  const tenant = await createClub(provider);
  const token = await provider.logoutToken({ claims: { sub: jane.sub } });
  const remembered = () => db().spentToken.count({ where: { tenantId: tenant.id } });
  expectObeyed(await send(tenant, { logout_token: token }));

  moveTo(0, 600_000);
  await sweepSignIn();
  expectRefused(await send(tenant, { logout_token: token }));
  expect(await remembered()).toBe(1);
  moveTo(0, 601_000);
  expectRefused(await send(tenant, { logout_token: token }));
  moveTo(0, 661_000);
  await sweepSignIn();
  expect(await remembered()).toBe(0);
});

test("sign-ins and sign-outs of one member at once end in order", async () => {
  const tenant = await createClub(provider);
  for (let round = 0; round < 5; round++) {
    const before = await signIn(tenant);
    const signingIn = Array.from({ length: 4 }, () => openBrowser(tenant).signIn(provider));
    const answers = await Promise.all([sendToken(tenant, { claims: { sub: jane.sub } }), ...signingIn]);

    expectObeyed(answers[0] as Answer);
    expect(answers.slice(1).map(({ headers }) => headers.get("location"))).toEqual(Array(4).fill("/"));
    expect(await before.isSignedIn()).toBe(false);
  }
});

test("there is no such door where the host signs members in; one with accounts, or plain OAuth2, obeys nothing", async () => {
  const embedded = await createTenant({ oauth2: provider.settings() });
  const accounts = await createTenant({
    authMode: "interactive",
    members: [{ authIdentifier: jane.sub, profile, password: "a walk along the canal" }],
  });
  const plain = await createClub(provider, { oauth2: provider.plainSettings() });
  const withAccount = openBrowser(accounts);
  await withAccount.post("/api/auth/callback/credentials", {
    ...{ email: profile.emailAddress, password: "a walk along the canal" },
  });
  const byPlain = await signIn(plain);

  expect(await sendToken(embedded, { claims: { sub: jane.sub } })).toMatchObject({
    ...{ status: 404, json: { code: "not_found" } },
  });
  expectRefused(await sendToken(accounts, { claims: { sub: jane.sub } }));
  expectRefused(await sendToken(plain, { claims: { sub: jane.sub } }));
  expect(await withAccount.isSignedIn()).toBe(true);
  expect(await byPlain.isSignedIn()).toBe(true);
});

test("where nothing can be said of a token, the server is told to come again", async () => {
  const cold = await createClub(provider);
  const withoutKeys = await createClub(provider);
  const strange = await createClub(provider);

  provider.bend = { answers: { discovery: behaviours.status(503) } };
  const away = await sendToken(cold, { claims: { sub: jane.sub } });
  provider.bend = { answers: { jwks: behaviours.status(503) } };
  const keyless = await sendToken(withoutKeys, { claims: { sub: jane.sub } });
  provider.bend = { discovery: { issuer: "https://evil.example" } };
  expectRefused(await sendToken(strange, { claims: { sub: jane.sub } }));

  for (const answer of [away, keyless]) {
    expect(answer).toMatchObject({ status: 503, json: { code: "identity_provider_unavailable" } });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.headers.get("cache-control")).toContain("no-store");
  }
});

test("after a rotation the first logout token of the new key is obeyed", async () => {
  const rotating = await startOpenIdProvider();
  const tenant = await createClub(rotating);
  const browser = openBrowser(tenant);
  await browser.signIn(rotating);

  rotating.rotate();
  const token = await rotating.logoutToken({ claims: { sub: jane.sub } });

  expectObeyed(await send(tenant, { logout_token: token }));
  expect(await browser.isSignedIn()).toBe(false);
  await rotating.stop();
});

const nonce = "nonce-of-a-sign-in";

/** What is wrong with a token as an ID token of a programme, and as a logout token; null where nothing is. */
async function faultsOf(tenant: TestTenant, token: string) {
  const { issuer, jwksUrl } = provider;
  const party = { tenantId: tenant.id, issuer, jwksUrl, clientId: client.clientId };
  const faultOf = async (read: Promise<unknown>) => {
    try {
      await read;
      return null;
    } catch (error) {
      if (error instanceof Faulty) return error.fault.code;
      throw error;
    }
  };
  return {
    asIdToken: await faultOf(readIdToken(token, { ...party, nonce, accessToken: "x" })),
    asLogoutToken: await faultOf(readLogoutToken(token, party)),
  };
}

/** A programme whose members sign in at the provider, and whose app calls with its tokens, of whatever audience. */
async function createAppClub(): Promise<ApiTenant> {
  const apiKey = randomUUID();
  const { issuer, jwksUrl } = provider;
  const tenant = await createClub(provider, {
    apiKeys: [{ name: "app", key: apiKey }],
    userAuth: { algorithm: "RS256", issuer, jwksUrl },
    members: [{ authIdentifier: jane.sub, profile }],
  });
  return { ...tenant, apiKey, tillKey: "", sharedKey: "", issuer, admins: {} };
}

test("each kind of token is good at its own door alone, though one server signs them all with one key", async () => {
  const tenant = await createAppClub();
  const idToken = await provider.idToken({ claims: { nonce } });
  const typedIdToken = await provider.idToken({
    claims: { nonce, aud: [client.clientId] },
    header: { typ: "JWT" },
  });
  const logoutToken = await provider.logoutToken({ claims: { sub: jane.sub } });
  const untypedLogoutToken = await provider.logoutToken({
    ...{ claims: { sub: jane.sub, exp: at(300), aud: "the-app" }, header: { typ: undefined } },
  });
  const accessToken = await provider.sign({ sub: jane.sub, aud: "the-app" }, { typ: "at+jwt" });
  const untypedAccessToken = await provider.sign({ sub: jane.sub, aud: "the-app" });
  const asUser = async (bearer: string) => {
    const { status, json } = await callApi(tenant, "GET /v1/users/me", { bearer });
    return status === 200 ? null : json.code;
  };
  const everywhere = async (token: string) => ({
    asUser: await asUser(token),
    ...(await faultsOf(tenant, token)),
  });

  expect(await everywhere(idToken)).toEqual({
    asUser: "token_invalid",
    asIdToken: null,
    asLogoutToken: "type_wrong",
  });
  expect(await everywhere(typedIdToken)).toEqual({
    ...{ asUser: "token_invalid", asIdToken: null, asLogoutToken: "type_wrong" },
  });
  expect(await everywhere(logoutToken)).toEqual({
    ...{ asUser: "token_invalid", asIdToken: "type_wrong", asLogoutToken: null },
  });
  expect(await everywhere(untypedLogoutToken)).toEqual({
    ...{ asUser: "token_invalid", asIdToken: "audience_wrong", asLogoutToken: "audience_wrong" },
  });
  expect(await everywhere(accessToken)).toEqual({
    ...{ asUser: null, asIdToken: "type_wrong", asLogoutToken: "type_wrong" },
  });
  expect(await everywhere(untypedAccessToken)).toEqual({
    ...{ asUser: null, asIdToken: "audience_wrong", asLogoutToken: "audience_wrong" },
  });
});

test("an access token for the microsite's own client is no ID token, for it knows nothing of a sign-in", async () => {
  const tenant = await createAppClub();
  const accessToken = await provider.sign({ sub: jane.sub, aud: client.clientId });

  expect(await faultsOf(tenant, accessToken)).toEqual({
    asIdToken: "nonce_wrong",
    asLogoutToken: "type_wrong",
  });
  provider.bend = { tokens: { id_token: accessToken } };
  const browser = openBrowser(tenant);
  const { headers } = await browser.signIn(provider);
  expect(headers.get("location")).toMatch(/^\/login\?error=provider_answer_invalid&/);
});

test("a token that signed somebody in, or would sign somebody out, opens nothing as a session", async () => {
  const tenant = await createClub(provider);
  await signIn(tenant);
  const tokens = [...provider.secrets].filter((secret) => secret.split(".").length === 3);
  expect(tokens.length).toBeGreaterThan(0);
  const browser = openBrowser(tenant);

  for (const token of tokens.slice(-3)) {
    browser.plant("__Host-session", token);
    expect(await browser.isSignedIn()).toBe(false);
    expect((await browser.get("/api/auth/session")).json).toEqual({});
  }
});
