import { afterEach, expect, inject, test, vi } from "vitest";

import { addSeconds, now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { signInVouchedMember } from "#lib/domain/sessions/sign-in-vouched-member.ts";
import { mintToken } from "#lib/http/session-cookie.ts";
import {
  callSession,
  cookieOf,
  leaveProgramme,
  openLink,
  patchMember,
  postAuth,
  postFromPage,
} from "#tests/support/calls.ts";
import { createProgramme, report, rewardIdOf } from "#tests/support/engine.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a member changes its own profile from the pages, and nobody else does; who leaves, leaves nothing personal behind.

const thanks = { name: "Tell us more", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 7 } };
const whole = {
  ...profile,
  ...{ gender: "FEMALE", birthdate: "1980-01-01", country: "GB", city: "Leeds", postcode: "LS1 5PZ" },
  ...{ streetAddress: "99 Road Street", region: "West Yorkshire", telephoneNumber: "01437532699" },
  ...{ pictureUrl: "https://example.com/pic.jpg", colour: "green", size: 42, isTall: true, pets: ["cat"] },
};

afterEach(() => {
  vi.useRealTimers();
});

async function signIn(tenant: TestTenant, sent: object = profile, authIdentifier = "me"): Promise<string> {
  return cookieOf(await postAuth(tenant, { body: { selector: { authIdentifier }, profile: sent } }));
}

async function memberOf(tenant: TestTenant, authIdentifier = "me") {
  return db().member.findFirstOrThrow({ where: { tenantId: tenant.id, authIdentifier } });
}

function updatesOf(tenant: TestTenant): Promise<number> {
  return db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } });
}

async function pointsOf(tenant: TestTenant): Promise<number> {
  const { balancePoints } = await db().wallet.findFirstOrThrow({ where: { tenantId: tenant.id } });
  return Number(balancePoints);
}

test("a member changes what it sends of its profile, and keeps the rest", async () => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant, whole);
  const sent = {
    ...{ givenName: "Anna", birthdate: "1981-03-01", city: null, telephoneNumber: "+44 1437 532699" },
    ...{ colour: null, size: 43.5, isTall: false },
  };

  const answer = await patchMember(tenant, cookie, { profile: sent });

  const { colour, size, isTall, pets, ...core } = whole;
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  expect(answer.json).toEqual({
    status: "success",
    data: {
      ...{ id: expect.any(String), authIdentifier: "me", externalIdentifier: "me", isRestricted: false },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String), flags: { genderProvided: true } },
      accountNumber: expect.stringMatching(/^\d{7}$/),
      profile: {
        ...{ ...core, givenName: "Anna", birthdate: "1981-03-01", city: null },
        telephoneNumber: "+44 1437 532699",
        attributes: { size: 43.5, isTall: false, pets: ["cat"] },
      },
      locale: null,
    },
  });
  expect((await callSession(tenant, "GET", cookie)).json.data.member.givenName).toBe("Anna");
});

test("members of an interactive programme change theirs in the same way", async () => {
  const tenant = await createTenant({ authMode: "interactive" });
  const { token, credential } = await mintToken();
  const at = now();
  await signInVouchedMember({
    ...{ tenant, authIdentifier: "me", clientSecretId: null, at },
    profile: { core: profile, attributes: {} },
    session: {
      ...{ ...credential, kind: "interactive", idleSeconds: null, expiresAt: addSeconds(at, 3_600) },
      ...{ deviceName: null, provider: null, replaces: [] },
    },
  });

  const answer = await patchMember(tenant, `__Host-session=${token}`, { profile: { familyName: "Roe" } });

  expect(answer.json.data.profile.familyName).toBe("Roe");
});

test("a change is one PROFILE_UPDATED and rewarded once; what changes nothing is none", async () => {
  const tenant = await createTenant({ rules: [thanks] });
  const cookie = await signIn(tenant, whole);

  await patchMember(tenant, cookie, { profile: { city: "York", size: 1 } });
  expect([await updatesOf(tenant), await pointsOf(tenant)]).toEqual([1, 7]);
  await patchMember(tenant, cookie, { profile: { city: "York", size: 1, other: null } });
  await patchMember(tenant, cookie, { profile: {} });
  expect([await updatesOf(tenant), await pointsOf(tenant)]).toEqual([1, 7]);
});

test("of the same change sent twenty times at once, one is a change", async () => {
  const tenant = await createTenant({ rules: [thanks] });
  const cookie = await signIn(tenant);

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => patchMember(tenant, cookie, { profile: { city: "York" } })),
  );

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect([await updatesOf(tenant), await pointsOf(tenant)]).toEqual([1, 7]);
});

test("two edits at once both stay", async () => {
  const tenant = await createTenant();
  const [here, elsewhere] = [await signIn(tenant), await signIn(tenant)];

  for (let round = 0; round < 10; round++) {
    const number = String(round);
    await Promise.all([
      patchMember(tenant, here, { profile: { city: number, first: round } }),
      patchMember(tenant, elsewhere, { profile: { region: number, second: round } }),
    ]);
    expect(await memberOf(tenant)).toMatchObject({
      ...{ city: number, region: number },
      attributes: { first: round, second: round },
    });
  }
  expect(await updatesOf(tenant)).toBe(20);
});

const long = (length: number) => "x".repeat(length);
const refusedFields: [string, unknown, string[]][] = [
  ["no profile", {}, ["profile"]],
  ["a profile of null", { profile: null }, ["profile"]],
  ["a list", { profile: [] }, ["profile"]],
  ["flags", { profile: {}, flags: { isStaff: true } }, ["flags"]],
  ["a restriction", { profile: {}, isRestricted: false }, ["isRestricted"]],
  ["an identifier", { profile: {}, authIdentifier: "you" }, ["authIdentifier"]],
  [
    "no names and no e-mail",
    { profile: { givenName: null, familyName: "", emailAddress: null } },
    ["profile.givenName", "profile.familyName", "profile.emailAddress"],
  ],
  ["a name of white space", { profile: { givenName: "\u2003 " } }, ["profile.givenName"]],
  ["an e-mail address that is none", { profile: { emailAddress: "a@b@c" } }, ["profile.emailAddress"]],
  ["a gender that is none", { profile: { gender: "female" } }, ["profile.gender"]],
  ["a day that is none", { profile: { birthdate: "2001-02-29" } }, ["profile.birthdate"]],
  ["a day to come", { profile: { birthdate: "2999-01-01" } }, ["profile.birthdate"]],
  ["a country that is none", { profile: { country: "XX" } }, ["profile.country"]],
  ["a line break", { profile: { city: "Leeds\r\nX: y" } }, ["profile.city"]],
  ["a lone surrogate", { profile: { region: "\ud800" } }, ["profile.region"]],
  ["an empty text", { profile: { city: "" } }, ["profile.city"]],
  ["a picture over http", { profile: { pictureUrl: "http://example.com/a.jpg" } }, ["profile.pictureUrl"]],
  [
    "long texts",
    { profile: { city: long(257), postcode: long(129), streetAddress: long(65) } },
    ["profile.city", "profile.postcode", "profile.streetAddress"],
  ],
  ["a long number", { profile: { telephoneNumber: long(33) } }, ["profile.telephoneNumber"]],
  ["a long attribute", { profile: { note: long(1_023) } }, ["profile.note"]],
  ["an attribute's name with a space", { profile: { "a b": 1 } }, ["profile.a b"]],
  ["a dangerous name", '{"profile":{"__proto__":{"isAdmin":true}}}', ["profile.__proto__"]],
  ["a dangerous name inside", { profile: { a: [{ constructor: 1 }] } }, ["profile.a"]],
];

test("what is refused is named, changes nothing, and is no activity", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T00:00:00Z") });
  const tenant = await createTenant({ rules: [thanks], sessions: { idleSeconds: 120 } });
  const cookie = await signIn(tenant, whole);
  const before = await memberOf(tenant);
  vi.setSystemTime(new Date("2026-12-01T00:01:00Z"));

  for (const [what, body, fields] of refusedFields) {
    const answer = await patchMember(tenant, cookie, body);
    expect(answer, what).toMatchObject({ status: 400, json: { status: "fail", code: "invalid_input" } });
    expect(Object.keys(answer.json.data.fields).toSorted(), what).toEqual(fields.toSorted());
  }
  const others: [string, string, Record<string, string>, number, string][] = [
    ["broken JSON", '{"profile":', {}, 400, "invalid_json"],
    ["a key twice", '{"profile":{"city":"A","city":"B"}}', {}, 400, "invalid_json"],
    ["a list", "[]", {}, 400, "invalid_json"],
    ["a form", "city=York", { "content-type": "text/plain" }, 415, "unsupported_media_type"],
    ["too much", JSON.stringify({ profile: { a: long(66_000) } }), {}, 413, "body_too_large"],
  ];
  for (const [what, body, headers, status, code] of others) {
    expect(await patchMember(tenant, cookie, body, headers), what).toMatchObject({ status, json: { code } });
  }

  expect(await memberOf(tenant)).toEqual(before);
  expect([await updatesOf(tenant), await pointsOf(tenant)]).toEqual([0, 0]);
  const idleEnd = async () => (await callSession(tenant, "GET", cookie)).json.data.idleExpiresAt;
  expect(await idleEnd()).toBe("2026-12-01T00:02:00.000Z");
  await patchMember(tenant, cookie, { profile: { city: "York" } });
  expect(await idleEnd()).toBe("2026-12-01T00:03:00.000Z");
});

test("a member has at most 64 attributes, counted after what is sent is merged in", async () => {
  const tenant = await createTenant();
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`a${index}`, index]));
  const cookie = await signIn(tenant, { ...profile, ...many });

  const over = await patchMember(tenant, cookie, { profile: { b: 1, city: "York" } });
  const swapped = await patchMember(tenant, cookie, { profile: { b: 1, a0: null } });
  const longest = await patchMember(tenant, cookie, { profile: { b: long(1_022) } });

  expect(over).toMatchObject({ status: 400, json: { data: { fields: { profile: expect.any(String) } } } });
  expect(swapped.json.data.profile).toMatchObject({ city: null, attributes: { b: 1 } });
  expect(Object.keys(longest.json.data.profile.attributes)).toHaveLength(64);
});

test.each([
  ["nobody who says so", { origin: null }],
  ["the null origin", { origin: "null" }],
  ["another site", { origin: "http://evil.example" }],
  ["a sibling subdomain", { origin: "http://www.localhost" }],
  ["a browser that says cross-site", { "sec-fetch-site": "cross-site" }],
])("a change is not taken from %s", async (_what, headers: Record<string, string | null>) => {
  const tenant = await createTenant();
  const cookie = await signIn(tenant, whole);

  const answer = await patchMember(tenant, cookie, { profile: { city: "York" } }, headers);

  expect(answer).toMatchObject({ status: 403, json: { code: "cross_site_request" }, cookies: [] });
  expect((await memberOf(tenant)).city).toBe("Leeds");
});

test("a stranger, another programme's member and a restricted one change nothing", async () => {
  const tenant = await createTenant();
  const otherTenant = await createTenant();
  const foreign = await signIn(otherTenant, whole);
  const ended = await signIn(tenant, whole);
  await callSession(tenant, "DELETE", ended);
  const restricted = await signIn(tenant);
  const memberId = (await memberOf(tenant)).id as MemberId;
  await restrictMember(tenant.id, memberId, true);

  for (const cookie of ["", "session=nonsense", foreign, ended, restricted]) {
    const answer = await patchMember(tenant, cookie, { profile: { city: "York" } });
    expect(answer).toMatchObject({ status: 401, json: { code: "session_invalid" }, cookies: [] });
  }
  for (const each of [tenant, otherTenant]) expect((await memberOf(each)).city).toBe("Leeds");
});

// Held still in the middle, on a server: on one connection everything else would wait for it.
test.runIf(inject("databaseServerUrl"))(
  "who is restricted while a change is on its way is refused",
  async () => {
    const tenant = await createTenant();
    const cookie = await signIn(tenant, whole);
    const { id } = await memberOf(tenant);
    const [isHeld, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = db().$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT 1 AS "one" FROM "wallets" WHERE "memberId" = ${id}::uuid FOR UPDATE`;
        isHeld.resolve();
        await release.promise;
        await tx.member.updateMany({ where: { tenantId: tenant.id, id }, data: { isRestricted: true } });
      },
      { timeout: 20_000 },
    );
    await isHeld.promise;

    const changing = patchMember(tenant, cookie, { profile: { city: "York" } });
    await vi.waitFor(async () => {
      const waiting = await db().$queryRaw`
        SELECT "pid" FROM "pg_stat_activity" WHERE "wait_event_type" = 'Lock' AND "datname" = current_database()`;
      expect(waiting).toHaveLength(1);
    }, 10_000);
    release.resolve();
    await holding;

    expect(await changing).toMatchObject({ status: 403, json: { code: "member_restricted" } });
    expect((await memberOf(tenant)).city).toBe("Leeds");
  },
);

/** The tables in a row of which a text stands. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT "table_name"::text AS "name" FROM "information_schema"."tables" WHERE "table_schema" = 'public'`;
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const query = `SELECT count(*)::int AS "count" FROM "${name}" t WHERE t::text LIKE '%' || $1 || '%'`;
      const [row] = await db().$queryRawUnsafe<{ count: number }[]>(query, text);
      return row && row.count > 0 ? [name] : [];
    }),
  );
  return found.flat();
}

test("who leaves, leaves nothing personal behind, and the whole ledger", async () => {
  const rewards = [{ externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 5 }];
  const tenant = await createProgramme({ rewards });
  const traces = [
    "Zebulon",
    "Quimby",
    "zq@example.com",
    "York-1",
    "Zed-attribute",
    "Zed-comment",
    "Firefox, Linux",
  ];
  const personal = {
    ...{ givenName: "Zebulon", familyName: "Quimby", emailAddress: "zq@example.com", city: "York-1" },
    ...{ note: "Zed-attribute", birthdate: "1971-12-13", telephoneNumber: "01437-1", streetAddress: "1 Zed" },
  };
  const { json } = await postAuth(tenant, {
    body: { selector: { authIdentifier: "Zed-identifier" }, profile: personal },
  });
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const opened = await openLink(tenant, `session=${json.data.session}`, { "user-agent": userAgent });
  const cookie = cookieOf(opened);
  await report(tenant, json.data.user.id, { payload: { total: 10 } });
  const rewardId = await rewardIdOf(tenant, "coffee");
  await postFromPage(tenant, "purchases", { cookie, body: { rewardId, comment: "Zed-comment" } });
  await patchMember(tenant, cookie, { profile: { postcode: "Zed-postcode" } });
  const all = [...traces, "Zed-identifier", "1971-12-13", "01437-1", "1 Zed", "Zed-postcode"];
  for (const text of all) expect(await tablesWith(text), text).not.toEqual([]); // the reader finds them
  const entriesNow = () =>
    db().ledgerEntry.findMany({ where: { tenantId: tenant.id }, orderBy: { sequence: "asc" } });
  const entries = await entriesNow();

  const answer = await leaveProgramme(tenant, { cookie, origin: `http://${tenant.host}` });

  expect(answer.status).toBe(200);
  for (const text of all) expect(await tablesWith(text), text).toEqual([]);
  expect(entries.map(({ points }) => Number(points))).toEqual([10, -5]);
  expect(await entriesNow()).toEqual(entries);
});
