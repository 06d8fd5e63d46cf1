import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { openBrowser } from "#tests/support/browser.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import {
  type Claims,
  client,
  createClub,
  expectRefused,
  jane,
  startOpenIdProvider,
  watchLog,
} from "#tests/support/openid-provider.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: whoever comes back from the company's identity server is the member whom it names, made at first sight, and gets a
// session in the browser that left for it.
// Method: a provider of the test's own, and a browser that keeps cookies; what lies between is the route handlers.

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

function membersOf({ id: tenantId }: TestTenant) {
  return db().member.findMany({
    where: { tenantId },
    include: { wallet: true },
    orderBy: { createdAt: "asc" },
  });
}

function eventTypesOf({ id: tenantId }: TestTenant): Promise<string[]> {
  const where = { tenantId, type: { in: ["REGISTERED_ACCOUNT", "PROFILE_UPDATED"] } };
  return db()
    .event.findMany({ where, orderBy: [{ occurredAt: "asc" }, { id: "asc" }] })
    .then((events) => events.map(({ type }) => type));
}

const welcome = { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } };

test("a first sign-in makes the member of its claims, which is an event that rules reward", async () => {
  const tenant = await createClub(provider, { rules: [welcome] });
  const browser = openBrowser(tenant);

  const answer = await browser.signIn(provider, {
    person: {
      ...{ ...jane, gender: "female", birthdate: "1980-02-29", phone_number: "+44 1437 532699" },
      picture: "https://pictures.example/jane.jpg",
      address: {
        ...{ street_address: "99 Road Street", locality: "Leeds", region: "West Yorkshire" },
        ...{ postal_code: "LS1 5PZ", country: "GB" },
      },
    },
  });

  expect({ status: answer.status, location: answer.headers.get("location") }).toEqual({
    status: 303,
    location: "/",
  });
  expect(await browser.isSignedIn()).toBe(true);
  const [member, ...others] = await membersOf(tenant);
  expect(others).toEqual([]);
  expect(member).toMatchObject({
    ...{ authIdentifier: "jane-1", givenName: "Jane", familyName: "Doe", emailAddress: jane.email },
    ...{ gender: "FEMALE", birthdate: new Date("1980-02-29"), telephoneNumber: "+44 1437 532699" },
    ...{ pictureUrl: "https://pictures.example/jane.jpg", streetAddress: "99 Road Street", city: "Leeds" },
    ...{ region: "West Yorkshire", postcode: "LS1 5PZ", country: "GB", attributes: {} },
    wallet: { balancePoints: 100n },
  });
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT"]);
});

test("later sign-ins are the same member's, and bring its profile up to date", async () => {
  const tenant = await createClub(provider, { rules: [welcome] });
  const person = { ...jane, birthdate: "1980-01-01" };
  await openBrowser(tenant).signIn(provider, { person });

  await openBrowser(tenant).signIn(provider, { person: { ...jane, family_name: "Roe" } });
  await openBrowser(tenant).signIn(provider, { person: { ...jane, family_name: "Roe" } });

  const members = await membersOf(tenant);
  expect(members).toHaveLength(1);
  expect(members[0]).toMatchObject({ familyName: "Roe", birthdate: new Date("1980-01-01") });
  expect(members[0]?.wallet).toMatchObject({ balancePoints: 100n });
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT", "PROFILE_UPDATED"]);
  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(3);
});

test.each([
  ["the same", jane.email, true],
  ["the same, unverified", jane.email, false],
  ["the same in capitals", jane.email.toUpperCase(), true],
  ["one with a plus", "jane.doe+x@example.com", true],
])(
  "an e-mail address that is %s links nobody: another sub is another member",
  async (_what, email, isGood) => {
    const tenant = await createClub(provider);
    await openBrowser(tenant).signIn(provider);

    const stranger = openBrowser(tenant);
    await stranger.signIn(provider, { person: { ...jane, sub: "mallory", email, email_verified: isGood } });

    const members = await membersOf(tenant);
    expect(members.map(({ authIdentifier }) => authIdentifier)).toEqual(["jane-1", "mallory"]);
    expect(members.map(({ emailAddress }) => emailAddress)).toEqual([jane.email, email]);
    const { json } = await stranger.get("/api/session");
    expect(json.data.member.id).toBe(members[1]?.id);
  },
);

test.each([
  "jane.doe＠example.com",
  "jane.doe﹫example.com",
  '"jane.doe@example.com"@evil.example',
  "jane.doe",
])("%j is no e-mail address, and the sign-in ends", async (email) => {
  const tenant = await createClub(provider);

  const answer = await openBrowser(tenant).signIn(provider, { person: { ...jane, email } });

  expectRefused(answer, "profile_incomplete");
  expect(await membersOf(tenant)).toEqual([]);
});

test("a sub is compared byte by byte: its twins are others", async () => {
  const tenant = await createClub(provider);
  const twins = ["jane-1", "JANE-1", "ｊane-1", "jane‐1", "jane-1\u0301", "jan\u00e9-1", "jane\u0301-1"];

  for (const sub of twins) await openBrowser(tenant).signIn(provider, { person: { ...jane, sub } });

  expect((await membersOf(tenant)).map(({ authIdentifier }) => authIdentifier)).toEqual(twins);
});

test("fifty first sign-ins at once make one member, rewarded once, and fifty sessions", async () => {
  const tenant = await createClub(provider, { rules: [welcome] });
  const browsers = Array.from({ length: 50 }, () => openBrowser(tenant));
  const ways = await Promise.all(browsers.map(async (browser) => provider.authorize(await browser.leave())));

  const answers = await Promise.all(browsers.map((browser, index) => browser.get(ways[index] ?? "")));

  expect(answers.map(({ headers }) => headers.get("location"))).toEqual(Array(50).fill("/"));
  const members = await membersOf(tenant);
  expect(members).toHaveLength(1);
  expect(members[0]?.wallet).toMatchObject({ balancePoints: 100n });
  expect(await eventTypesOf(tenant)).toEqual(["REGISTERED_ACCOUNT"]);
  expect(await Promise.all(browsers.map((browser) => browser.isSignedIn()))).toEqual(Array(50).fill(true));
});

test("a programme's own mapping goes over the standard claims, and makes attributes", async () => {
  const claims = {
    ...{ authIdentifier: "https://id.example/number", givenName: "names.first", familyName: "names.last" },
    ...{ emailAddress: "mail", country: "land", team: "club.team", shoeSize: "shoe", absent: "no.such" },
    ...{ inherited: "toString", deeper: "club.constructor.name" },
  };
  const tenant = await createClub(provider, { oauth2: provider.settings({ claims }) });

  await openBrowser(tenant).signIn(provider, {
    person: {
      ...{
        ...jane,
        "https://id.example/number": 4711,
        names: { first: "Ana", last: "Silva" },
        mail: "ana@x.example",
      },
      ...{ land: "PT", address: { country: "GB" }, club: { team: ["a", { b: 1 }] }, shoe: 38.5 },
    },
  });

  expect(await membersOf(tenant)).toMatchObject([
    {
      ...{ authIdentifier: "4711", givenName: "Ana", familyName: "Silva", emailAddress: "ana@x.example" },
      ...{ country: "PT", attributes: { team: ["a", { b: 1 }], shoeSize: 38.5 } },
    },
  ]);
});

test("where there is only a whole name, its first word is the given name and the rest the family's", async () => {
  const tenant = await createClub(provider);
  const { given_name: _given, family_name: _family, ...nameless } = jane;

  for (const name of ["Ana Maria da Silva", "  Juan\u00a0 Pérez "]) {
    await openBrowser(tenant).signIn(provider, { person: { ...nameless, sub: name.trim(), name } });
  }
  const one = await openBrowser(tenant).signIn(provider, {
    person: { ...nameless, sub: "x", name: "Madonna" },
  });

  expect(await membersOf(tenant)).toMatchObject([
    { givenName: "Ana", familyName: "Maria da Silva" },
    { givenName: "Juan", familyName: "Pérez" },
  ]);
  expectRefused(one, "profile_incomplete");
});

test.each<[string, Claims]>([
  ["a gender of another word", { gender: "diverse" }],
  ["a gender that is no text", { gender: { toString: 1 } }],
  ["the name of a property as gender", { gender: "constructor" }],
  ["a birthdate without a year", { birthdate: "0000-02-03" }],
  ["a birthdate to come", { birthdate: "2999-01-01" }],
  ["a picture over http", { picture: "http://pictures.example/jane.jpg" }],
  ["a script for a picture", { picture: "javascript:alert(1)" }],
  ["a country by its name", { address: { country: "Great Britain" } }],
  ["an address that is a text", { address: "99 Road Street" }],
  ["a list for an address", { address: ["99 Road Street"] }],
  ["a NUL in a telephone number", { phone_number: "0\u00001" }],
  ["a street with two lines", { address: { street_address: "99\r\nRoad" } }],
  ["a long attribute", { team: "x".repeat(2_000) }],
  ["a NUL in an attribute", { team: "a\0b" }],
  ["an attribute that reaches for a prototype", { team: JSON.parse('{"__proto__":{"isAdmin":true}}') }],
  ["null", { gender: null, birthdate: null, picture: null, address: null, team: null }],
])("an optional claim that will not do keeps nobody out: %s", async (_what, claims) => {
  const tenant = await createClub(provider, { oauth2: provider.settings({ claims: { team: "team" } }) });

  const browser = openBrowser(tenant);
  await browser.signIn(provider, { person: { ...jane, ...claims } });

  expect(await browser.isSignedIn()).toBe(true);
  expect(await membersOf(tenant)).toMatchObject([
    {
      ...{ gender: null, birthdate: null, pictureUrl: null, country: null, telephoneNumber: null },
      ...{ streetAddress: null, attributes: {} },
    },
  ]);
});

test("a claim that is null or gone leaves the profile as it was", async () => {
  const tenant = await createClub(provider, { oauth2: provider.settings({ claims: { team: "team" } }) });
  await openBrowser(tenant).signIn(provider, { person: { ...jane, gender: "female", team: "red" } });

  await openBrowser(tenant).signIn(provider, { person: { ...jane, gender: null, team: null } });
  await openBrowser(tenant).signIn(provider);

  expect(await membersOf(tenant)).toMatchObject([{ gender: "FEMALE", attributes: { team: "red" } }]);
});

test("attributes beyond those that a member can have keep nobody out", async () => {
  const attributes = Object.fromEntries(Array.from({ length: 63 }, (_, index) => [`a${index}`, index]));
  const profile = { givenName: "Jane", familyName: "Doe", emailAddress: jane.email, ...attributes };
  const tenant = await createClub(provider, {
    members: [{ authIdentifier: jane.sub, profile }],
    oauth2: provider.settings({ claims: { one: "one", two: "two" } }),
  });

  const browser = openBrowser(tenant);
  await browser.signIn(provider, { person: { ...jane, family_name: "Roe", one: 1, two: 2 } });

  expect(await browser.isSignedIn()).toBe(true);
  expect(await membersOf(tenant)).toMatchObject([{ familyName: "Roe", attributes }]);
});

test("without what no member can be without nobody is signed in, and the log names the claims only", async () => {
  const tenant = await createClub(provider, {
    oauth2: provider.settings({ claims: { emailAddress: "mail" } }),
  });
  const lines = watchLog();
  const person = { ...jane, given_name: " ", family_name: "\u0007", mail: "not-an-address-of-jane" };

  expectRefused(await openBrowser(tenant).signIn(provider, { person }), "profile_incomplete");

  expect(lines).toEqual([
    [
      "info",
      {
        ...{ requestId: undefined, tenant: tenant.code, failure: "profile_incomplete" },
        cause: "These claims are missing or will not do: given_name, family_name, mail.",
      },
      "sign-in refused",
    ],
  ]);
  expect(await membersOf(tenant)).toEqual([]);
});

test.each([
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["513 characters", "x".repeat(513)],
  ["half a number", 1.5],
  ["a large number", 2 ** 53],
  ["true", true],
  ["with a NUL", "a\0b"],
  ["with white space at an end", "a "],
])("a mapped identifier that is %s names nobody", async (_what, number) => {
  const oauth2 = provider.settings({ claims: { authIdentifier: "number" } });
  const tenant = await createClub(provider, { oauth2 });

  const answer = await openBrowser(tenant).signIn(provider, { person: { ...jane, number } });

  expectRefused(answer, "profile_incomplete");
  expect(await membersOf(tenant)).toEqual([]);
});

test("a restricted member gets no session, and nothing of it changes", async () => {
  const tenant = await createClub(provider);
  await openBrowser(tenant).signIn(provider);
  const [member] = await membersOf(tenant);
  await restrictMember(tenant.id, member?.id as MemberId, true);

  const browser = openBrowser(tenant);
  const answer = await browser.signIn(provider, { person: { ...jane, family_name: "Roe" } });

  expectRefused(answer, "member_restricted");
  expect(await browser.isSignedIn()).toBe(false);
  expect(await membersOf(tenant)).toMatchObject([{ familyName: "Doe" }]);
  expect(await db().session.count({ where: { tenantId: tenant.id, endedAt: null } })).toBe(0);
});

test("a member who left the programme is a new one at the next sign-in", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  await browser.signIn(provider);
  const [before] = await membersOf(tenant);
  await eraseMember(tenant.id, before?.id as MemberId);
  expect(await browser.isSignedIn()).toBe(false);

  await browser.signIn(provider);

  const { json } = await browser.get("/api/session");
  expect(json.data.authenticated).toBe(true);
  expect(json.data.member.id).not.toBe(before?.id);
});

test("signing in again ends the session that this browser had, and no other", async () => {
  const tenant = await createClub(provider);
  const [browser, elsewhere] = [openBrowser(tenant), openBrowser(tenant)];
  await browser.signIn(provider);
  await elsewhere.signIn(provider);
  const before = browser.copy();

  await browser.signIn(provider, { person: { ...jane, sub: "bob" } });

  expect(await before.isSignedIn()).toBe(false);
  expect(await browser.isSignedIn()).toBe(true);
  expect(await elsewhere.isSignedIn()).toBe(true);
  const ended = await db().session.findMany({ where: { tenantId: tenant.id, endedAt: { not: null } } });
  expect(ended).toMatchObject([{ endReason: "replaced" }]);
});

test("a cookie that somebody planted before is not the one that is signed in", async () => {
  const tenant = await createClub(provider);
  const attacker = openBrowser(tenant);
  await attacker.signIn(provider, { person: { ...jane, sub: "mallory" } });
  const victim = attacker.copy();

  await victim.signIn(provider);

  expect(victim.cookie()).not.toBe(attacker.cookie());
  expect(await attacker.isSignedIn()).toBe(false);
  expect(await victim.isSignedIn()).toBe(true);
});

const danceCookie = (name: string, value: string) =>
  new RegExp(`^__Host-next-auth\\.${name}=${value}; (.*)$`);

test("what the browser keeps meanwhile is its own, for 15 minutes, and unreadable to scripts", async () => {
  stopTheClock();
  const tenant = await createClub(provider);

  const { status, headers, cookies } = await openBrowser(tenant).post("/api/auth/signin/idp", {
    callbackUrl: "/wallet",
  });

  expect(status).toBe(303);
  expect(headers.get("cache-control")).toBe("private, no-store");
  const attributes = (name: string, value: string) =>
    cookies.flatMap((cookie) => danceCookie(name, value).exec(cookie)?.[1] ?? []);
  const sealed = "[\\w-]+(?:\\.[\\w-]*){4}"; // encrypted: five parts
  const kept = "Max-Age=900; Path=/; Expires=Wed, 10 Mar 2027 10:15:00 GMT; HttpOnly; Secure; SameSite=Lax";
  expect(attributes("state", sealed)).toEqual([kept]);
  expect(attributes("nonce", sealed)).toEqual([kept]);
  expect(attributes("pkce\\.code_verifier", sealed)).toEqual([kept]);
  expect(attributes("started", "1804672800000")).toEqual([
    "Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax",
  ]);
  const callbackUrl = encodeURIComponent(`${tenant.publicUrl}/wallet`);
  expect(attributes("callback-url", callbackUrl)).toEqual(["Path=/; HttpOnly; Secure; SameSite=Lax"]);
  expect(cookies).toHaveLength(5);
});

test("after a sign-in there is the session's cookie alone, for as long as the session lasts", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  stopTheClock();

  const { cookies } = await browser.signIn(provider);

  const set = cookies.filter((cookie) => !cookie.includes("Max-Age=0"));
  expect(set).toEqual([
    expect.stringMatching(
      /^__Host-session=[A-Za-z0-9._~*-]{1,1024}; Path=\/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  const cleared = "; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax";
  for (const name of ["callback-url", "state", "nonce", "pkce.code_verifier", "started"]) {
    expect(cookies).toContain(`__Host-next-auth.${name}=${cleared}`);
  }
  expect(browser.cookieNames()).toEqual(["__Host-session"]);
});

test("the session lasts as long as the programme says, 24 hours where it says nothing", async () => {
  for (const [seconds, settings] of [
    [86_400, {}],
    [300, { interactiveSeconds: 300 }],
    [2_592_000, { interactiveSeconds: 2_592_000 }],
  ] as const) {
    stopTheClock();
    const tenant = await createClub(provider, { sessions: settings });
    const browser = openBrowser(tenant);

    const { cookies } = await browser.signIn(provider);

    expect(cookies.find((cookie) => cookie.startsWith("__Host-session="))).toContain(`; Max-Age=${seconds};`);
    moveTo(0, seconds * 1000 - 1000);
    const { json } = await browser.get("/api/session");
    expect(json.data).toMatchObject({ kind: "interactive", idleExpiresAt: null, secondsRemaining: 1 });
    moveTo(0, seconds * 1000);
    expect(await browser.isSignedIn()).toBe(false);
    moveTo(0);
    expect(await browser.isSignedIn()).toBe(false);
  }
});

test("an idle limit holds here, too, and questions do not extend it", async () => {
  stopTheClock();
  const tenant = await createClub(provider, { sessions: { idleSeconds: 120 } });
  const browser = openBrowser(tenant);
  await browser.signIn(provider);

  moveTo(0, 100_000);
  await browser.get("/api/session");
  await browser.get("/api/auth/session");
  expect((await browser.get("/api/session")).json.data.secondsRemaining).toBe(20);
  expect((await browser.post("/api/session")).json.data.secondsRemaining).toBe(120);
  moveTo(0, 219_000);
  expect(await browser.isSignedIn()).toBe(true);
  moveTo(0, 220_000);
  expect(await browser.isSignedIn()).toBe(false);
  expect((await browser.get("/api/auth/session")).json).toEqual({});
});

test("the authorization request asks for a code, bound to this browser and to this sign-in", async () => {
  const scope = "openid profile email address phone";
  const tenant = await createClub(provider, { oauth2: provider.settings({ scope }) });
  const browser = openBrowser(tenant);

  const locations = [await browser.leave(), await browser.leave()].map((location) => new URL(location));

  for (const location of locations) {
    expect(location.origin + location.pathname).toBe(provider.authorizationUrl);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      ...{ response_type: "code", client_id: client.clientId, scope, code_challenge_method: "S256" },
      redirect_uri: `${tenant.publicUrl}/api/auth/callback/idp`,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(location.searchParams.size).toBe(8);
  }
  const random = locations.flatMap(({ searchParams }) =>
    ["code_challenge", "state", "nonce"].map((name) => searchParams.get(name)),
  );
  expect(new Set(random).size).toBe(6);
});

test("nothing that a caller adds reaches the authorization request or the token endpoint", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  const added = new URLSearchParams({
    ...{
      redirect_uri: "https://evil.example/",
      scope: "openid admin",
      prompt: "none",
      state: "s",
      nonce: "n",
    },
    ...{ code_challenge: "c", code_challenge_method: "plain", client_id: "evil", response_type: "token" },
    ...{ login_hint: "victim", acr_values: "0", request_uri: "https://evil.example/", nextauth: "callback" },
    ...{ "x-forwarded-host": "evil.example" },
  }).toString();
  const headers = {
    ...{ "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
    ...{ forwarded: "host=evil.example;proto=https", "x-original-url": "https://evil.example/" },
  };

  const plain = new URL(await browser.leave());
  const { headers: answered } = await browser.post(`/api/auth/signin/idp?${added}`, added, headers);
  const location = new URL(answered.get("location") ?? "");

  const fixed = (url: URL) =>
    [...url.searchParams].filter(([name]) => !["state", "nonce", "code_challenge"].includes(name));
  expect(fixed(location)).toEqual(fixed(plain));
  expect([...location.searchParams.keys()]).toEqual([...plain.searchParams.keys()]);
  expect(location.href).not.toMatch(/evil|admin|victim/);

  await browser.get(
    `${await provider.authorize(location.href)}&${new URLSearchParams({ client_id: "evil" })}`,
  );
  expect([...(provider.tokenRequests.at(-1)?.form.keys() ?? [])].sort()).toEqual([
    ...["code", "code_verifier", "grant_type", "redirect_uri"],
  ]);
  expect(await browser.isSignedIn()).toBe(true);
});

test("the verifier goes to the token endpoint alone, in no address", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  const location = await browser.leave();
  const cookie = browser.cookie();

  const answer = await browser.get(await provider.authorize(location));

  const verifier = provider.tokenRequests.at(-1)?.form.get("code_verifier") ?? "";
  expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
  for (const place of [location, cookie, answer.headers.get("location"), ...answer.cookies]) {
    expect(place).not.toContain(verifier);
  }
  expect(provider.received().some(({ path }) => path.includes(verifier))).toBe(false);
});

test("what the server hands out is in no answer, and not to be read in the database", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);
  provider.bend = { tokens: { refresh_token: "a-refresh-token" } };
  const before = new Set(provider.secrets);

  const answer = await browser.signIn(provider);

  const open = [jane.sub, jane.email]; // the member's own
  const handedOut = [...provider.secrets].filter((secret) => !before.has(secret) && !open.includes(secret));
  expect(handedOut.length).toBeGreaterThanOrEqual(6); // code, state, nonce, verifier, access token, ID token
  const where = { tenantId: tenant.id };
  const kept = JSON.stringify([
    ...[[...answer.headers], answer.cookies, answer.json, browser.cookie()],
    (await browser.get("/api/session")).json,
    (await browser.get("/api/auth/session")).json,
    await db().session.findMany({ where }),
    (await membersOf(tenant)).map(({ wallet: _numbers, ...member }) => member),
    (await db().event.findMany({ where })).map(({ payload }) => payload),
  ]);
  for (const secret of ["a-refresh-token", ...handedOut]) expect(kept).not.toContain(secret);
});

test("the address of the server may have a query of its own, which stays", async () => {
  const tenant = await createClub(provider);
  provider.bend = { discovery: { authorization_endpoint: `${provider.authorizationUrl}?realm=staff` } };

  const { searchParams } = new URL(await openBrowser(tenant).leave());

  expect(searchParams.get("realm")).toBe("staff");
  expect(searchParams.get("response_type")).toBe("code");
});

test("on another host of the programme the sign-in goes to its public address first", async () => {
  const code = `t-${crypto.randomUUID().slice(0, 8)}`;
  const hostnames = [`${code}.localhost`, `www.${code}.localhost`];
  const tenant = await createClub(provider, { hostnames, publicUrl: `http://${code}.localhost` });
  const browser = openBrowser(tenant);

  for (const host of [hostnames[1], `${hostnames[0]}:8080`]) {
    const { status, headers, cookies } = await browser.post(`http://${host}/api/auth/signin/idp`, {
      callbackUrl: "/wallet",
    });
    expect({ status, location: headers.get("location"), cookies }).toEqual({
      status: 303,
      location: `${tenant.publicUrl}/login?callbackUrl=%2Fwallet&sent=1`,
      cookies: [],
    });
  }
});

test("a script that signs in is told where to go, instead of being sent", async () => {
  const tenant = await createClub(provider);
  const browser = openBrowser(tenant);

  const { status, json } = await browser.post("/api/auth/signin/idp", {
    json: "true",
    callbackUrl: "/wallet",
  });

  expect(status).toBe(200);
  const { headers } = await browser.get(await provider.authorize(json.url));
  expect(headers.get("location")).toBe("/wallet");
});
