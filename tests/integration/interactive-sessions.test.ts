import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { openBrowser } from "#tests/support/browser.ts";
import {
  cookieOf,
  deleteAuth,
  endEverywhere,
  isSignedIn,
  openLink,
  postActivate,
  postAuth,
} from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";
import { behaviours } from "#tests/support/identity-provider.ts";
import { client, createClub, jane, startOpenIdProvider } from "#tests/support/openid-provider.ts";
import { takeDatabaseAway } from "#tests/support/statements.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: only the programme's own pages begin and end a sign-in; what is told of it is told of the row, and nothing is left
// when it has ended. Each programme has one way in, and closing it ends what came by it.

const provider = await startOpenIdProvider();

beforeEach(() => {
  env().ALLOW_LOOPBACK_URLS = true;
});
afterEach(() => {
  provider.bend = {};
  vi.restoreAllMocks();
  moveClock(0);
});
afterAll(() => provider.stop());

const account = { email: profile.emailAddress, password: "a walk along the canal" };
const accountMember = { authIdentifier: "ana", profile, password: account.password };

/** A programme whose members have Laurel accounts, with one that is there. */
function createAccountClub(settings: Record<string, unknown> = {}): Promise<TestTenant> {
  return createTenant({ authMode: "interactive", members: [accountMember], ...settings });
}

async function rowsOf({ id: tenantId }: TestTenant) {
  return db().session.findMany({ where: { tenantId }, orderBy: { createdAt: "asc" } });
}

const crossSite = { status: 403, json: { status: "fail", code: "cross_site_request" }, cookies: [] };

test.each<[string, Record<string, string | null>]>([
  ["another origin", { origin: "https://evil.example" }],
  ["a sibling", { origin: "http://www.OWN" }],
  ["a parent", { origin: "http://localhost" }],
  ["another port", { origin: "http://OWN:8080" }],
  ["the null origin", { origin: "null" }],
  ["an origin with a path", { origin: "http://OWN/" }],
  ["an empty origin", { origin: "" }],
  ["a browser that says cross-site", { "sec-fetch-site": "cross-site" }],
  ["a browser that says same-site", { "sec-fetch-site": "same-site" }],
  ["a browser that says so without an origin", { origin: null, "sec-fetch-site": "cross-site" }],
  ["an address that somebody typed", { origin: null, "sec-fetch-site": "none" }],
])("a form of %s begins no sign-in and ends none", async (_what, headers) => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  const { json } = await browser.get("/api/auth/csrf");
  const sent = headers.origin ? { ...headers, origin: headers.origin.replace("OWN", tenant.host) } : headers;

  for (const form of [{}, { csrfToken: json.csrfToken }]) {
    for (const address of ["/api/auth/signin/idp", "/api/auth/signout"]) {
      expect(await browser.post(address, form, sent)).toMatchObject(crossSite);
    }
  }

  expect(await browser.isSignedIn()).toBe(true);
});

test("a client that is no browser begins a sign-in with next-auth's own token, and with no less", async () => {
  const tenant = await createClub(provider);
  const client = openBrowser(tenant);
  const { json, cookies, headers } = await client.get("/api/auth/csrf");
  const other = (await openBrowser(tenant).get("/api/auth/csrf")).json.csrfToken;
  const withoutOrigin = { origin: null };

  expect(json).toEqual({ csrfToken: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(cookies).toEqual([
    expect.stringMatching(
      /^__Host-next-auth\.csrf-token=[0-9a-f]{64}%7C[0-9a-f]{64}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  expect(headers.get("cache-control")).toBe("private, no-store");
  for (const [browser, form] of [
    [client, {}],
    [client, { csrfToken: "" }],
    [client, { csrfToken: other }],
    [openBrowser(tenant), { csrfToken: json.csrfToken }],
  ] as const) {
    const refused = await browser.post("/api/auth/signin/idp", form, withoutOrigin);
    expect(refused.headers.get("location")).toBe("/login?error=state_invalid&callbackUrl=%2F");
    expect(refused.cookies.filter((cookie) => /state|nonce|verifier|started/.test(cookie))).toEqual([]);
  }
  const begun = await client.post("/api/auth/signin/idp", json, withoutOrigin);
  await client.get(await provider.authorize(begun.headers.get("location")));
  expect(await client.isSignedIn()).toBe(true);
});

test("a token of one programme is none in another", async () => {
  const [tenant, other] = [await createClub(provider), await createClub(provider)];
  const client = openBrowser(tenant);
  const { json } = await client.get("/api/auth/csrf");

  const { headers } = await client.copy(other).post("/api/auth/signin/idp", json, { origin: null });

  expect(headers.get("location")).toMatch(/^\/login\?error=state_invalid&/);
});

test("a script is refused as a script: in JSON", async () => {
  const tenant = await createClub(provider);

  const { status, json } = await openBrowser(tenant).post(
    "/api/auth/signin/idp",
    { json: "true" },
    { origin: null },
  );

  const url = `${tenant.publicUrl}/login?error=state_invalid&callbackUrl=%2F`;
  expect({ status, json }).toEqual({ status: 401, json: { url } });
});

test("next-auth's session is the row's, until that has ended, and asking sets no cookie", async () => {
  stopTheClock();
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  moveTo(0, 3_600_000);

  const { status, json, cookies, headers } = await browser.get("/api/auth/session");

  expect({ status, json, cookies }).toEqual({
    ...{ status: 200, cookies: [] },
    json: { user: { name: "Jane Doe", email: jane.email }, expires: "2027-03-11T10:00:00.000Z" },
  });
  expect(headers.get("cache-control")).toBe("private, no-store");
  const copy = browser.copy();
  await browser.delete("/api/session");
  expect(await copy.get("/api/auth/session")).toMatchObject({ status: 200, json: {}, cookies: [] });
  expect((await copy.get("/api/auth/session")).json).toEqual({});
});

test("strangers, restricted members, and members of another programme are nobody there", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  const stranger = openBrowser(tenant);
  const forger = openBrowser(tenant);
  forger.plant("__Host-session", "rubbish");
  const [row] = await rowsOf(tenant);

  for (const nobody of [stranger, forger, browser.copy(await createClub(provider))]) {
    expect(await nobody.get("/api/auth/session")).toMatchObject({ status: 200, json: {}, cookies: [] });
    expect((await nobody.get("/api/auth/session")).json).toEqual({});
  }
  expect((await browser.get("/api/auth/session")).json).not.toEqual({});
  await restrictMember(tenant.id, row?.memberId as MemberId, true);
  expect((await browser.get("/api/auth/session")).json).toEqual({});
  await restrictMember(tenant.id, row?.memberId as MemberId, false);
  expect((await browser.get("/api/auth/session")).json).toEqual({});
});

test("what another site of the domain planted signs nobody in", async () => {
  const tenant = await createClub(provider);
  const mallory = openBrowser(tenant);
  await mallory.signIn(provider);
  const [, token = ""] = mallory.cookie().split("__Host-session=");

  for (const name of ["session", "session_legacy"]) {
    const planted = openBrowser(tenant);
    planted.plant(name, token);
    expect(await planted.isSignedIn()).toBe(false);
  }
  expect(await mallory.isSignedIn()).toBe(true);
});

test("a database that is away is said, and is nobody's sign-out", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  takeDatabaseAway();

  const answer = await browser.get("/api/auth/session");

  expect(answer).toMatchObject({ status: 503, json: { code: "database_unavailable" }, cookies: [] });
  vi.restoreAllMocks();
  expect(await browser.isSignedIn()).toBe(true);
});

test("next-auth's list of providers names the one way in, at the programme's public address", async () => {
  const tenant = await createClub(provider);
  const accounts = await createAccountClub();
  const list = async (of: TestTenant) => (await openBrowser(of).get("/api/auth/providers")).json;
  const addresses = ({ publicUrl }: TestTenant, id: string) => ({
    signinUrl: `${publicUrl}/api/auth/signin/${id}`,
    callbackUrl: `${publicUrl}/api/auth/callback/${id}`,
  });

  expect(await list(tenant)).toEqual({
    idp: { id: "idp", name: "Test ID", type: "oauth", ...addresses(tenant, "idp") },
  });
  expect(await list(accounts)).toEqual({
    credentials: {
      id: "credentials",
      name: "Test",
      type: "credentials",
      ...addresses(accounts, "credentials"),
    },
  });
});

const interactiveRoutes = [
  ...["GET signin", "GET error", "GET session", "GET csrf", "GET providers", "GET signin/idp"],
  ...["GET callback/idp?code=x&state=y", "POST signin/idp", "POST callback/credentials", "POST signout"],
  "POST backchannel-logout",
];

test.each(interactiveRoutes)("in an embedded programme there is no %s", async (route) => {
  const browser = openBrowser(await createTenant());
  const [method, path] = route.split(" ");

  const answer =
    method === "GET" ? await browser.get(`/api/auth/${path}`) : await browser.post(`/api/auth/${path}`);

  expect(answer).toMatchObject({ status: 404, json: { status: "fail", code: "not_found" }, cookies: [] });
});

test("in an interactive programme the host's door is closed, by every method, and activation, too", async () => {
  for (const tenant of [await createClub(provider), await createAccountClub()]) {
    const { json } = await postAuth(await createTenant());
    const session = json.data.session;
    const answers = [
      await postAuth(tenant),
      await openLink(tenant, `session=${session}`),
      await openLink(tenant, "", { authorization: `Bearer ${session}` }),
      await deleteAuth(tenant, { selector: { authIdentifier: "user-1" } }),
      await postActivate(tenant, { body: { session } }),
    ];

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 404, json: { code: "embedded_auth_disabled" }, cookies: [] });
    }
    expect(await rowsOf(tenant)).toEqual([]);
  }
});

test("a programme with a server has no accounts, and one with accounts no server", async () => {
  const club = openBrowser(await createClub(provider, { members: [accountMember] }));
  const accounts = openBrowser(await createAccountClub());
  const gone = { status: 404, json: { code: "not_found" }, cookies: [] };

  expect(await club.post("/api/auth/callback/credentials", account)).toMatchObject(gone);
  expect(await accounts.post("/api/auth/signin/idp")).toMatchObject(gone);
  expect(await accounts.get("/api/auth/signin/idp")).toMatchObject(gone);
  expect(await accounts.get("/api/auth/callback/idp?code=x&state=y")).toMatchObject(gone);
  await accounts.post("/api/auth/callback/credentials", account);
  expect(await accounts.isSignedIn()).toBe(true);
});

/** Somebody who is signed in by whatever way the programme has; the Cookie header. */
async function signInSomehow(tenant: TestTenant): Promise<string> {
  if (tenant.authMode === "embedded") return cookieOf(await postAuth(tenant));
  const browser = openBrowser(tenant);
  if (tenant.oauth2) await browser.signIn(provider);
  else await browser.post("/api/auth/callback/credentials", account);
  return browser.cookie();
}

function apply({ code, host, publicUrl }: TestTenant, settings: Record<string, unknown>) {
  const tenant = { code, name: "Test", hostnames: [host], publicUrl, authMode: "interactive", ...settings };
  return applyProgramme(JSON.stringify({ tenants: [tenant] }));
}

const ways = {
  server: () => createClub(provider),
  accounts: () => createAccountClub(),
  host: () => createTenant(),
};

test.each<[keyof typeof ways, string, Record<string, unknown>]>([
  ["server", "its host", { authMode: "embedded" }],
  ["server", "its host, and forgets the server", { authMode: "embedded", oauth2: null }],
  ["server", "accounts", { oauth2: null }],
  ["server", "another issuer", { oauth2: provider.settings({ issuer: "https://other.example" }) }],
  ["server", "the same server by single addresses", { oauth2: provider.plainSettings() }],
  ["accounts", "a server", { oauth2: provider.settings() }],
  ["accounts", "its host", { authMode: "embedded" }],
  ["host", "accounts", {}],
  ["host", "a server", { oauth2: provider.settings() }],
])("a programme with %s that changes to %s ends every session", async (way, _to, settings) => {
  const tenant = await ways[way]();
  const bystander = await ways[way]();
  const cookie = await signInSomehow(tenant);
  const other = await signInSomehow(bystander);
  expect(await isSignedIn(tenant, cookie)).toBe(true);

  await apply(tenant, settings);

  expect(await isSignedIn(tenant, cookie)).toBe(false);
  expect(await rowsOf(tenant)).toMatchObject([{ endedAt: expect.any(Date), endReason: "way_in_changed" }]);
  expect(await isSignedIn(bystander, other)).toBe(true);
});

test.each<[keyof typeof ways, string, Record<string, unknown>]>([
  ["server", "the same again", { oauth2: provider.settings() }],
  ["server", "nothing said of the server", {}],
  [
    "server",
    "another scope and name",
    { oauth2: provider.settings({ scope: "openid", providerName: "New" }) },
  ],
  ["accounts", "the same again", { oauth2: null }],
  ["accounts", "nothing said", {}],
  ["host", "the same again", { authMode: "embedded" }],
  ["host", "a server that is for later", { authMode: "embedded", oauth2: provider.settings() }],
])("a programme with %s keeps its sessions with %s", async (way, _to, settings) => {
  const tenant = await ways[way]();
  const cookie = await signInSomehow(tenant);

  await apply(tenant, settings);

  expect(await isSignedIn(tenant, cookie)).toBe(true);
});

const clearedCookies = [
  "__Host-session_p=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
  "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
  "session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None",
  "session_legacy=; Max-Age=0; Path=/; HttpOnly; Secure",
  "__Host-locale=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
  "__Host-theme=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned",
  "__Host-sign-up=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
  ...["callback-url", "csrf-token", "state", "nonce", "pkce.code_verifier", "started"].map(
    (name) => `__Host-next-auth.${name}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`,
  ),
];

/** Where people sign out at the server, and what it is told. */
function signOutAt({ publicUrl }: TestTenant, at = provider.endSessionUrl) {
  return {
    at,
    told: {
      ...{ client_id: client.clientId, post_logout_redirect_uri: `${publicUrl}/signed-out` },
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    },
  };
}

function partsOf(address: string | null) {
  const { origin, pathname, searchParams } = new URL(address ?? "");
  return { at: origin + pathname, told: Object.fromEntries(searchParams) };
}

test("signing out ends the row and every cookie, and leads to the server's own sign-out", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  await browser.get("/api/auth/csrf");
  await browser.leave(); // and a sign-in that was begun
  const copy = browser.copy();

  const { status, json, headers, cookies } = await browser.delete("/api/session");

  expect(status).toBe(200);
  const { redirectTo } = json.data;
  expect(partsOf(redirectTo)).toEqual(signOutAt(tenant));
  expect(provider.secrets).toContain(partsOf(redirectTo).told.id_token_hint);
  expect(headers.get("clear-site-data")).toBe('"cache", "storage"');
  expect(headers.get("cache-control")).toBe("private, no-store");
  expect(cookies).toEqual(clearedCookies);
  expect(browser.cookieNames()).toEqual([]);
  expect(await copy.isSignedIn()).toBe(false);
  expect(await rowsOf(tenant)).toMatchObject([{ endReason: "signed_out" }]);
});

test("next-auth's sign-out does the same, for a form and for a script", async () => {
  const tenant = await createClub(provider);
  const [byForm, byScript] = [openBrowser(tenant), openBrowser(tenant)];
  await byForm.signIn(provider);
  await byScript.signIn(provider);
  const copies = [byForm.copy(), byScript.copy()];

  const form = await byForm.post("/api/auth/signout", { callbackUrl: "https://evil.example/" });
  const script = await byScript.post("/api/auth/signout", { json: "true" });

  expect(form.status).toBe(303);
  expect(partsOf(form.headers.get("location"))).toEqual(signOutAt(tenant));
  expect(script).toMatchObject({ status: 200, json: { url: expect.any(String) } });
  expect(partsOf(script.json.url)).toEqual(signOutAt(tenant));
  for (const answer of [form, script]) {
    expect(answer.cookies).toEqual(clearedCookies);
    expect(answer.headers.get("clear-site-data")).toBe('"cache", "storage"');
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
  }
  for (const copy of copies) expect(await copy.isSignedIn()).toBe(false);
});

test("without a session of the server there is nowhere to be sent but our own page", async () => {
  const tenant = await createClub(provider);
  const foreign = openBrowser(await createClub(provider));
  await foreign.signIn(provider);
  const withAccount = openBrowser(await createAccountClub());
  await withAccount.post("/api/auth/callback/credentials", account);

  for (const browser of [openBrowser(tenant), foreign.copy(tenant), withAccount]) {
    expect((await browser.copy().delete("/api/session")).json.data).toEqual({ redirectTo: null });
    const { status, headers } = await browser.post("/api/auth/signout");
    expect(status).toBe(303);
    expect(headers.get("location")).toMatch(/^http:\/\/t-[\w-]+\.localhost\/signed-out$/);
  }
  expect(await foreign.isSignedIn()).toBe(true); // what is another programme's is left alone
});

test("signing out everywhere leads to the server's sign-out, too", async () => {
  const tenant = await createClub(provider);
  const [browser, elsewhere] = [openBrowser(tenant), openBrowser(tenant)];
  await browser.signIn(provider);
  await elsewhere.signIn(provider);

  const { json } = await endEverywhere(tenant, browser.cookie());

  expect(partsOf(json.data.redirectTo)).toEqual(signOutAt(tenant));
  expect(await elsewhere.isSignedIn()).toBe(false);
});

test("a sign-out that is set goes over the discovered one, and keeps its own query", async () => {
  const signOutUrl = "https://idp.example/bye?realm=staff";
  const tenant = await createClub(provider, { oauth2: provider.settings({ signOutUrl }) });
  const browser = openBrowser(tenant);
  await browser.signIn(provider);

  const { json } = await browser.delete("/api/session");

  const { at, told } = signOutAt(tenant, "https://idp.example/bye");
  expect(partsOf(json.data.redirectTo)).toEqual({ at, told: { realm: "staff", ...told } });
});

test("where the server has no sign-out, ours is all there is", async () => {
  const tenant = await createClub(provider);
  provider.bend = { discovery: { end_session_endpoint: undefined } };
  const browser = openBrowser(tenant);
  await browser.signIn(provider);

  expect((await browser.delete("/api/session")).json.data).toEqual({ redirectTo: null });
});

test("a server that is down keeps nobody from signing out", async () => {
  const sessions = { interactiveSeconds: 2_592_000 };
  const signOutUrl = "https://idp.example/bye";
  const hours = 3_600_000;
  const warm = await createClub(provider, { sessions });
  const cold = await createClub(provider, { sessions });
  const set = await createClub(provider, { sessions, oauth2: provider.settings({ signOutUrl }) });
  const browsers = [warm, cold, set].map((tenant) => openBrowser(tenant));
  for (const browser of browsers) await browser.signIn(provider);
  const redirects: (string | null)[] = [];

  provider.bend = { answers: { discovery: behaviours.status(503) } };
  for (const [index, browser] of browsers.entries()) {
    moveClock((index === 0 ? 1 : 25) * hours);
    const copy = browser.copy();
    redirects.push((await browser.delete("/api/session")).json.data.redirectTo);
    expect(await copy.isSignedIn()).toBe(false);
  }

  expect(partsOf(redirects[0] ?? null)).toEqual(signOutAt(warm));
  expect(redirects[1]).toBeNull();
  expect(partsOf(redirects[2] ?? null)).toEqual(signOutAt(set, signOutUrl));
});

test("what the server signed is left out where it opens no more, and the server asks the person", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  await db().session.updateMany({ where: { tenantId: tenant.id }, data: { sealedIdToken: "rubbish" } });

  const { json } = await browser.delete("/api/session");

  const { id_token_hint: _hint, ...told } = signOutAt(tenant).told;
  expect(partsOf(json.data.redirectTo).told).toEqual(told);
});

test.each<[string, Record<string, unknown>]>([
  ["by a number", { id: 4711, sub: undefined }],
  ["by a sub beside it that is none", { id: 4711, sub: "a\0b" }],
])("plain OAuth2 has a sign-out where one is set, for people who are known %s", async (_what, person) => {
  const signOutUrl = "https://idp.example/bye";
  const oauth2 = provider.plainSettings({ signOutUrl, claims: { authIdentifier: "id" } });
  const tenant = await createClub(provider, { oauth2 });
  const browser = openBrowser(tenant);
  await browser.signIn(provider, { person: { ...jane, ...person } });

  const { json } = await browser.delete("/api/session");

  const { id_token_hint: _hint, ...told } = signOutAt(tenant).told;
  expect(partsOf(json.data.redirectTo)).toEqual({ at: signOutUrl, told });
});
