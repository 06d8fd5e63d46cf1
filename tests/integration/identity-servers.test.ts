import dns, { type LookupAddress } from "node:dns";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import { openBrowser } from "#tests/support/browser.ts";
import type { Answer } from "#tests/support/calls.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { type Behaviour, behaviours } from "#tests/support/identity-provider.ts";
import {
  type Bends,
  causeIn,
  client,
  createClub,
  expectRefused,
  jane,
  startOpenIdProvider,
  watchLog,
} from "#tests/support/openid-provider.ts";
import { takeDatabaseAway } from "#tests/support/statements.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: identity servers of every honest kind sign people in; one that is away, broken, set up wrongly or hostile costs a
// person a sentence and another try, and us neither a 500, nor a secret, nor a look into our own network.
// Method: as in oauth-sign-in.test.ts; here it is the server's own answers that are bent.

const provider = await startOpenIdProvider();
const elsewhere = await startOpenIdProvider();

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});
afterEach(() => {
  provider.bend = {};
  vi.restoreAllMocks();
  moveClock(0);
});
afterAll(async () => {
  await provider.stop();
  await elsewhere.stop();
});

/** What becomes of somebody who presses the button. */
function leave(tenant: TestTenant): Promise<Answer> {
  return openBrowser(tenant).post("/api/auth/signin/idp", { callbackUrl: "/wallet" });
}

/** What becomes of somebody who comes back after the server began to answer so. */
async function signInWhere(bend: Bends, settings: Record<string, unknown> = {}): Promise<Answer> {
  const tenant = await createClub(provider, settings);
  const browser = openBrowser(tenant);
  const back = await provider.authorize(await browser.leave("/wallet"));
  provider.bend = bend;
  return browser.get(back);
}

async function expectSignedIn(tenant: TestTenant, person = jane): Promise<void> {
  const browser = openBrowser(tenant);
  const { headers } = await browser.signIn(provider, { person });
  expect(headers.get("location")).toBe("/");
  expect(await browser.isSignedIn()).toBe(true);
}

function pathsSince(count: number): string[] {
  return provider
    .received()
    .slice(count)
    .map(({ path }) => path);
}

const html: Behaviour = (response) =>
  response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");

function answering(status: number, value: unknown, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
  };
}

/** Waits for nobody for longer than half a second; the seconds that would have been waited for. */
function hurry(): number[] {
  const real = AbortSignal.timeout.bind(AbortSignal);
  const asked: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    asked.push(milliseconds);
    return real(Math.min(milliseconds, 500));
  });
  return asked;
}

function namesResolveTo(address: string): void {
  type Callback = (error: Error | null, addresses: LookupAddress[]) => void;
  vi.spyOn(dns, "lookup").mockImplementation(((_name: string, _options: object, callback: Callback) => {
    callback(null, [{ address, family: 4 }]);
  }) as unknown as typeof dns.lookup);
}

test("discovery and keys are asked for once, and serve all who sign in", async () => {
  const tenant = await createClub(provider);
  const before = provider.requests();

  await expectSignedIn(tenant);
  await expectSignedIn(tenant, { ...jane, sub: "bob" });

  expect(pathsSince(before)).toEqual([
    ...["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo", "/token", "/userinfo"],
  ]);
});

test("an issuer that ends in a slash is asked in the same place, and has to be named with it", async () => {
  const issuer = `${provider.issuer}/`;
  const named = { discovery: { issuer }, redirect: { iss: issuer }, idToken: { claims: { iss: issuer } } };
  const tenant = await createClub(provider, { oauth2: provider.settings({ issuer }) });
  const without = await createClub(provider, { oauth2: provider.settings({ issuer }) });
  const before = provider.requests();

  expectRefused(await leave(without), "provider_misconfigured", "/wallet");
  provider.bend = named;
  await expectSignedIn(tenant);

  const [first, second] = pathsSince(before);
  expect([first, second]).toEqual(Array(2).fill("/.well-known/openid-configuration"));
});

test("a document that names another issuer is believed in nothing, and the log says which", async () => {
  const tenant = await createClub(provider);
  provider.bend = { discovery: { issuer: "https://evil.example" } };
  const lines = watchLog();

  expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");

  expect(causeIn(lines)).toBe('The discovery document names another issuer ("https://evil.example").');
});

test("once it names the right one, sign-in works again, without a restart", async () => {
  stopTheClock();
  const tenant = await createClub(provider);
  provider.bend = { discovery: { issuer: "https://evil.example" } };
  expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");

  provider.bend = {};
  moveTo(0, 31_000);

  await expectSignedIn(tenant);
});

test.each<[string, Record<string, unknown>]>([
  ["no issuer", { issuer: undefined }],
  ["an issuer that is a number", { issuer: 5 }],
  ["no authorization endpoint", { authorization_endpoint: undefined }],
  ["no token endpoint", { token_endpoint: undefined }],
  ["no keys", { jwks_uri: undefined }],
  ["an endpoint that is a list", { token_endpoint: ["https://idp.example/token"] }],
  ["an endpoint that is no address", { token_endpoint: "/token" }],
  ["a sign-out that is a script", { end_session_endpoint: "javascript:alert(1)" }],
  ["a file for an endpoint", { jwks_uri: "file:///etc/passwd" }],
  ["a name and a password in an address", { userinfo_endpoint: "https://a:b@idp.example/userinfo" }],
  ["the port of another protocol", { token_endpoint: "https://idp.example:6379/" }],
])("a discovery document with %s will not do", async (_what, discovery) => {
  const tenant = await createClub(provider);
  provider.bend = { discovery };

  expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");
});

const endpoints = [
  ...["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"],
];

test.each(endpoints)("an %s in a private network, or over plain http, will not do", async (endpoint) => {
  for (const address of [
    ...["https://10.0.0.1/x", "https://192.168.1.1/x", "https://169.254.169.254/latest/meta-data/"],
    ...["https://[fd00::1]/x", "https://2852039166/x", "http://10.0.0.1/x", "http://idp.example/x"],
    ...[
      "http://8.8.8.8/x",
      "http://localhost.idp.example/x",
      "http://127.0.0.1.idp.example/x",
      "HTTP://idp.example/x",
    ],
  ]) {
    const tenant = await createClub(provider);
    provider.bend = { discovery: { [endpoint]: address } };

    expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");
  }
});

test.each(["token_endpoint", "userinfo_endpoint", "jwks_uri"])(
  "the name of an %s that leads into a private network is not followed there",
  async (endpoint) => {
    const tenant = await createClub(provider);
    provider.bend = { discovery: { [endpoint]: "https://inside.test/x" } };
    const browser = openBrowser(tenant);
    const back = await provider.authorize(await browser.leave("/wallet"));
    namesResolveTo("10.0.0.1");

    expectRefused(await browser.get(back), "provider_misconfigured", "/wallet");
  },
);

test("without the flag, a server on this computer is not asked", async () => {
  const tenant = await createClub(provider);
  const before = provider.requests();
  env().ALLOW_LOOPBACK_URLS = false;

  expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");

  expect(provider.requests()).toBe(before);
});

test.each<[string, Behaviour]>([
  ["answers 404", behaviours.status(404)],
  ["answers 500", behaviours.status(500)],
  ["answers HTML", behaviours.body("<html>")],
  ["answers nothing", behaviours.body("")],
  ["closes the connection", (response) => response.destroy()],
  ["answers without an end", behaviours.flood(10 * 1024 * 1024)],
])("where a server that nobody asked before %s, nobody leaves for it", async (_what, discovery) => {
  const tenant = await createClub(provider);
  provider.bend = { answers: { discovery } };

  expectRefused(await leave(tenant), "provider_unavailable", "/wallet");
});

test("a server that never answers is waited for 5 seconds, once for all who come", async () => {
  const tenant = await createClub(provider);
  provider.bend = { answers: { discovery: behaviours.hang() } };
  const before = provider.requests();
  const asked = hurry();

  const answers = await Promise.all(Array.from({ length: 20 }, () => leave(tenant)));

  for (const answer of answers) expectRefused(answer, "provider_unavailable", "/wallet");
  expect(asked).toEqual([5_000]);
  expect(provider.requests()).toBe(before + 1);
});

test("what is known of a server serves on while it is down, and it is asked again later", async () => {
  stopTheClock();
  const tenant = await createClub(provider);
  await expectSignedIn(tenant);
  const down = behaviours.status(503);

  provider.bend = { answers: { discovery: down, jwks: down } };
  moveTo(0, 3_600_000);
  await expectSignedIn(tenant);
  moveTo(1, 3_600_000);
  expectRefused(await leave(tenant), "provider_unavailable", "/wallet");

  provider.bend = {};
  moveTo(1, 3_660_000);
  await expectSignedIn(tenant);
});

test("a redirect of discovery, keys, tokens or userinfo leads nowhere", async () => {
  const before = elsewhere.requests();

  for (const endpoint of ["discovery", "jwks", "token", "userinfo"] as const) {
    for (const code of [302, 307, 308]) {
      const tenant = await createClub(provider);
      const path = endpoint === "discovery" ? ".well-known/openid-configuration" : endpoint;
      provider.bend = { answers: { [endpoint]: behaviours.redirect(`${elsewhere.issuer}/${path}`, code) } };
      const browser = openBrowser(tenant);
      const left = await browser.post("/api/auth/signin/idp");
      const answer =
        endpoint === "discovery"
          ? left
          : await browser.get(await provider.authorize(left.headers.get("location")));
      expectRefused(answer, "provider_unavailable");
    }
  }

  expect(elsewhere.requests()).toBe(before);
});

test("after a rotation the first token of the new key makes one fetch of the keys, and passes", async () => {
  const tenant = await createClub(provider);
  await expectSignedIn(tenant);
  const old = await provider.idToken();
  const before = provider.requests();

  provider.rotate();
  await expectSignedIn(tenant);
  await expectSignedIn(tenant);

  expect(pathsSince(before)).toEqual(["/token", "/jwks", "/userinfo", "/token", "/userinfo"]);
  provider.bend = { tokens: { id_token: old } };
  expectRefused(await openBrowser(tenant).signIn(provider), "provider_answer_invalid");
});

test.each<[string, Behaviour, string]>([
  ["500 and an error", answering(500, { error: "server_error" }), "provider_unavailable"],
  ["503 and an error", answering(503, { error: "temporarily_unavailable" }), "provider_unavailable"],
  ["502 of a gateway", html, "provider_unavailable"],
  ["a status that is none", answering(999, {}), "provider_unavailable"],
  ["a closed connection", (response) => response.destroy(), "provider_unavailable"],
  ["400 and an error", answering(400, { error: "invalid_grant" }), "provider_error"],
  ["400 and an error of its own", answering(400, { error: "<b>no</b>" }), "provider_error"],
  ["400 and HTML", behaviours.status(400), "provider_answer_invalid"],
  ["204", (response) => response.writeHead(204).end(), "provider_answer_invalid"],
  ["205", (response) => response.writeHead(205).end(), "provider_answer_invalid"],
  ["200 and HTML", behaviours.body("<html>"), "provider_answer_invalid"],
  ["200 and half a document", behaviours.body('{"access_token":'), "provider_answer_invalid"],
  ["200 and a list", behaviours.document([]), "provider_answer_invalid"],
  ["200 and nothing in it", behaviours.document({}), "provider_answer_invalid"],
  ["200 and an error", behaviours.document({ error: "bad_verification_code" }), "provider_answer_invalid"],
  ["what has no end", behaviours.flood(10 * 1024 * 1024), "provider_unavailable"],
  ["what is compressed", behaviours.gzip(), "provider_unavailable"],
])(
  "a token endpoint that answers with %s ends the sign-in, and nothing leaks",
  async (_what, token, code) => {
    const lines = watchLog();

    expectRefused(await signInWhere({ answers: { token } }), code, "/wallet");

    const logged = JSON.stringify(lines);
    expect(causeIn(lines)).toMatch(/^[A-Z"].*\.?$/);
    expect(logged).not.toMatch(/<b>|<h1>|bad_verification/);
    for (const secret of provider.secrets) expect(logged).not.toContain(secret);
  },
);

test.each<["token" | "userinfo" | "jwks"]>([["token"], ["userinfo"], ["jwks"]])(
  "a %s endpoint that never answers is given up after 5 seconds",
  async (endpoint) => {
    const asked = hurry();

    const answer = await signInWhere({ answers: { [endpoint]: behaviours.hang() } });

    expectRefused(answer, "provider_unavailable", "/wallet");
    expect(new Set(asked)).toEqual(new Set([5_000]));
  },
);

test.each<[string, Behaviour, string]>([
  ["500", answering(500, { error: "server_error" }), "provider_unavailable"],
  ["502 of a gateway", html, "provider_unavailable"],
  ["401 and a challenge", answering(401, {}, { "www-authenticate": "Bearer" }), "provider_error"],
  ["403 and nothing more", answering(403, {}), "provider_answer_invalid"],
  ["205", (response) => response.writeHead(205).end(), "provider_answer_invalid"],
  ["HTML", behaviours.body("<html>jane"), "provider_answer_invalid"],
  ["a list", behaviours.document([jane]), "provider_answer_invalid"],
  ["null", behaviours.document(null), "provider_answer_invalid"],
])("userinfo that answers with %s ends the sign-in, of either kind", async (_what, userinfo, code) => {
  const before = await db().session.count();
  const lines = watchLog();

  expectRefused(await signInWhere({ answers: { userinfo } }), code, "/wallet");
  provider.bend = {};
  const plain = { oauth2: provider.plainSettings() };
  expectRefused(await signInWhere({ answers: { userinfo } }, plain), code, "/wallet");

  expect(await db().session.count()).toBe(before);
  const logged = JSON.stringify(lines);
  for (const secret of provider.secrets) expect(logged).not.toContain(secret);
});

test.each<[string, unknown]>([
  ["says nothing of it", undefined],
  ["offers basic alone", ["client_secret_basic"]],
  ["offers both", ["client_secret_post", "client_secret_basic"]],
])("where the server %s, the client shows its secret in the header", async (_what, methods) => {
  const tenant = await createClub(provider);
  provider.bend = { discovery: { token_endpoint_auth_methods_supported: methods } };

  await expectSignedIn(tenant);

  const { headers, form } = provider.tokenRequests.at(-1) ?? {};
  const encoded = "laurel+club:a%2Bsecret%3A+with%3Dsigns%2Fof%26all%25kinds+%C3%A9";
  expect(headers?.authorization).toBe(`Basic ${Buffer.from(encoded).toString("base64")}`);
  expect(form?.has("client_secret")).toBe(false);
  expect(form?.get("redirect_uri")).toBe(`${tenant.publicUrl}/api/auth/callback/idp`);
});

test("where it does not offer that, the secret goes in the form", async () => {
  const tenant = await createClub(provider);
  provider.bend = { discovery: { token_endpoint_auth_methods_supported: ["client_secret_post"] } };

  await expectSignedIn(tenant);

  const { headers, form } = provider.tokenRequests.at(-1) ?? {};
  expect(headers?.authorization).toBeUndefined();
  expect([form?.get("client_id"), form?.get("client_secret")]).toEqual([
    client.clientId,
    client.clientSecret,
  ]);
});

test.each<[string, Behaviour | undefined]>([
  ["401 with a challenge, as it should", undefined],
  ["401 without one", answering(401, { error: "invalid_client" })],
  ["400", answering(400, { error: "invalid_client" })],
  ["400 because it may not", answering(400, { error: "unauthorized_client" })],
  ["a challenge alone", answering(401, {}, { "www-authenticate": "Basic" })],
])(
  "a secret that the server does not take is the programme's mistake: it answers %s",
  async (_what, token) => {
    const oauth2 = provider.settings({ clientSecret: "another secret" });
    const bend = token ? { answers: { token } } : {};
    const lines = watchLog();

    expectRefused(await signInWhere(bend, { oauth2 }), "provider_misconfigured", "/wallet");

    expect(JSON.stringify(lines)).not.toContain("another secret");
  },
);

test("a stored secret that opens no more keeps people from signing in, and from nothing else", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  const { oauth2 } = await db().tenant.findUniqueOrThrow({ where: { id: tenant.id } });
  const spoilt = { ...(oauth2 as object), sealedClientSecret: "rubbish" };
  await db().tenant.update({ where: { id: tenant.id }, data: { oauth2: spoilt } });
  forgetTenants();
  const lines = watchLog();

  expectRefused(await leave(tenant), "provider_misconfigured", "/wallet");

  expect(causeIn(lines)).toBe("The stored client secret cannot be opened: set it anew.");
  expect(await browser.isSignedIn()).toBe(true);
  const { json } = await browser.delete("/api/session");
  expect(json.data.redirectTo).toContain(provider.endSessionUrl);
});

test("without userinfo the ID token says who came; with both, userinfo has the last word", async () => {
  const tenant = await createClub(provider);
  provider.bend = {
    discovery: { userinfo_endpoint: undefined },
    idToken: { claims: { ...jane, email: "a@x.example" } },
  };
  const before = provider.requests();
  await expectSignedIn(tenant);
  expect(pathsSince(before)).not.toContain("/userinfo");

  const other = await createClub(provider);
  provider.bend = {
    idToken: { claims: { given_name: "Ana", email: "a@x.example", birthdate: "1980-01-01" } },
  };
  await expectSignedIn(other);

  const memberOf = ({ id: tenantId }: TestTenant) => db().member.findFirst({ where: { tenantId } });
  expect(await memberOf(tenant)).toMatchObject({ emailAddress: "a@x.example" });
  expect(await memberOf(other)).toMatchObject({
    ...{ givenName: "Jane", emailAddress: jane.email, birthdate: new Date("1980-01-01") },
  });
});

const github = {
  id: 583_231,
  ...{ login: "octocat", name: "Mona Lisa Octocat", email: "octocat@github.example" },
};

test("plain OAuth2 signs in by state and PKCE, and userinfo says who came, by a number", async () => {
  const oauth2 = provider.plainSettings({ claims: { authIdentifier: "id", nickname: "login" } });
  const tenant = await createClub(provider, { oauth2 });
  const browser = openBrowser(tenant);
  const before = provider.requests();

  const location = await browser.leave("/wallet");
  const answer = await browser.get(await provider.authorize(location, github));

  expect([...new URL(location).searchParams.keys()].sort()).toEqual([
    ...["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope"],
    "state",
  ]);
  expect(new URL(location).searchParams.get("scope")).toBe("user");
  expect(answer.headers.get("location")).toBe("/wallet");
  expect(browser.cookieNames()).toEqual(["__Host-session"]);
  expect(pathsSince(before)).toEqual(["/token", "/userinfo"]);
  expect(await db().member.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({
    ...{ authIdentifier: "583231", givenName: "Mona", familyName: "Lisa Octocat" },
    attributes: { nickname: "octocat" },
  });
});

test("plain OAuth2 keeps its guards: state, PKCE, and an identifier that is one", async () => {
  const oauth2 = provider.plainSettings({ claims: { authIdentifier: "id" } });
  const tenant = await createClub(provider, { oauth2 });

  provider.bend = { redirect: { state: "another" } };
  expectRefused(await openBrowser(tenant).signIn(provider, { person: github }), "state_invalid");
  provider.bend = { redirect: { iss: "https://whoever.example" } }; // there is none to compare it with
  await openBrowser(tenant).signIn(provider, { person: github });
  provider.bend = {};
  const nameless = { ...github, id: undefined };
  expectRefused(await openBrowser(tenant).signIn(provider, { person: nameless }), "profile_incomplete");
  const browser = openBrowser(tenant);
  const back = new URL(await provider.authorize(await browser.leave(), github));
  const mallory = new URL(await provider.authorize(await openBrowser(tenant).leave(), github));
  back.searchParams.set("code", mallory.searchParams.get("code") ?? "");
  expectRefused(await browser.get(back.href), "provider_error");

  expect(await db().session.count({ where: { tenantId: tenant.id } })).toBe(1);
});

test("an ID token that nobody can judge is passed over: userinfo says who came", async () => {
  const { scope: _usual, ...oauth2 } = provider.plainSettings();
  const tenant = await createClub(provider, { oauth2 }); // asks for openid, as it does where nothing is set
  const idToken = await provider.idToken({
    claims: { sub: "mallory", iss: "https://another.example", nonce: "x" },
  });
  provider.bend = { tokens: { id_token: idToken } };

  await expectSignedIn(tenant);

  expect(await db().member.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
    { authIdentifier: jane.sub },
  ]);
});

test("with the issuer, its keys and the single addresses set, nothing is discovered, and tokens are judged", async () => {
  const { issuer, jwksUrl } = provider;
  const oauth2 = provider.plainSettings({ issuer, jwksUrl, scope: "openid", userinfoUrl: undefined });
  const tenant = await createClub(provider, { oauth2 });
  const before = provider.requests();

  provider.bend = { idToken: { claims: jane } };
  await expectSignedIn(tenant);
  provider.bend = { idToken: { claims: { ...jane, iss: "https://evil.example" } } };
  expectRefused(await openBrowser(tenant).signIn(provider), "provider_answer_invalid");

  expect(pathsSince(before)).toEqual(["/token", "/jwks", "/token"]);
});

test.each(["authorizationUrl", "tokenUrl", "userinfoUrl", "jwksUrl"] as const)(
  "a %s that is set goes over the discovered one",
  async (field) => {
    const address = `${provider[field]}?set=${field}`;
    const tenant = await createClub(provider, { oauth2: provider.settings({ [field]: address }) });
    const browser = openBrowser(tenant);
    const before = provider.requests();

    const location = await browser.leave();
    await browser.get(await provider.authorize(location));

    expect(await browser.isSignedIn()).toBe(true);
    const asked = [location, ...pathsSince(before)].filter((path) => path.includes(`set=${field}`));
    expect(asked).toHaveLength(1);
    expect(pathsSince(before)).toHaveLength(4);
  },
);

test("a server of OpenID Connect that is not asked for openid says by userinfo who came", async () => {
  const tenant = await createClub(provider, { oauth2: provider.settings({ scope: "profile email" }) });
  const browser = openBrowser(tenant);
  const location = new URL(await browser.leave());

  await browser.get(await provider.authorize(location.href));

  expect(location.searchParams.has("nonce")).toBe(false);
  expect(await browser.isSignedIn()).toBe(true);
});

test("where neither an ID token nor userinfo says who came, the programme is set up wrongly", async () => {
  const tenant = await createClub(provider, { oauth2: provider.settings({ scope: "profile" }) });
  provider.bend = { discovery: { userinfo_endpoint: undefined } };
  const lines = watchLog();

  expectRefused(await openBrowser(tenant).signIn(provider), "provider_misconfigured");

  expect(causeIn(lines)).toContain("Set userinfoUrl, or issuer and jwksUrl.");
});

test("where the database goes away in the middle, that is said, and nobody is signed in", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  const back = await provider.authorize(await browser.leave());
  takeDatabaseAway();

  const answer = await browser.get(back);

  expect(answer).toMatchObject({
    status: 503,
    json: { status: "error", code: "database_unavailable" },
    cookies: [],
  });
});
