import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { intrinsicPayloadFields } from "#lib/domain/events/intrinsic-event-types.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { adminToken } from "#tests/support/admins.ts";
import { cookieOf, isSignedIn, postAuth } from "#tests/support/calls.ts";
import { rewardIdOf } from "#tests/support/engine.ts";
import { profile } from "#tests/support/factories.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";
import {
  type ApiAnswer,
  type ApiTenant,
  callApi,
  createApiTenant,
  purchaseSecret,
  signFor,
} from "#tests/support/user-api.ts";

// Goal: what admins do by the user API (contract 5.2): find, make, change and erase members, correct balances, take back
// events and benefits; whole, once, and never in another programme.
// Method: the programme's owner signs in and calls; members look at what became of them.

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const anyText = expect.stringMatching(/./);
const startedAt = "2027-03-10T10:00:00.000Z";

const members = [
  { authIdentifier: "user-1", profile, points: 500 },
  { authIdentifier: "user-2", profile: { ...profile, emailAddress: "ben@example.com" } },
];
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150, codes: ["C-1", "C-2"] };
const rules = [
  {
    name: "Per euro",
    eventType: "PURCHASE",
    effect: { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" },
  },
  { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } },
  { name: "Tell us more", eventType: "PROFILE_UPDATED", effect: { type: "POINTS", points: 7 } },
];
const plainProfile = {
  ...{ ...profile, gender: null, birthdate: null, country: null, city: null, postcode: null },
  ...{ streetAddress: null, region: null, telephoneNumber: null, pictureUrl: null, attributes: {} },
};

/** `owner`: their token, which is good for a day. */
type Shop = ApiTenant & { owner: string };

/** A programme with two members, and the id of the first. */
async function createShop(settings: object = {}) {
  const made = await createApiTenant({ members, rules, rewards: [coffee], ...settings }, ["OWNER"]);
  const tenant = await withOwner(made);
  const bearer = await signFor(tenant);
  return { tenant, bearer, memberId: await memberIdOf(tenant) };
}

async function withOwner(tenant: ApiTenant): Promise<Shop> {
  return { ...tenant, owner: await adminToken(tenant) };
}

async function memberIdOf(tenant: ApiTenant, authIdentifier = "user-1"): Promise<string> {
  const where = { tenantId_authIdentifier: { tenantId: tenant.id, authIdentifier } };
  return (await db().member.findUniqueOrThrow({ where })).id;
}

function byAdmin(tenant: Shop, endpoint: string, body?: unknown) {
  return callApi(tenant, endpoint, { bearer: tenant.owner, body });
}

function patch(tenant: Shop, memberId: string, body: unknown) {
  return byAdmin(tenant, `PATCH /v1/users/${memberId}`, body);
}

function adjust(tenant: Shop, actorId: string, points: unknown, fields: object = {}) {
  const impactType = typeof points === "number" && points < 0 ? "SPEND" : "EARN";
  const body = { actorId, points, comment: "By a test.", impactType, ...fields };
  return byAdmin(tenant, "POST /v1/commands/adjust_points", body);
}

function reverse(tenant: Shop, eventId: string) {
  return byAdmin(tenant, "POST /v1/commands/reverse_event", { eventId, comment: "Returned." });
}

function cancel(tenant: Shop, benefitId: string) {
  return byAdmin(tenant, "POST /v1/commands/cancel_benefit", { benefitId, comment: "A mistake." });
}

function purchase(tenant: Shop, total: number, fields: object = {}) {
  return byAdmin(tenant, "POST /v1/events", {
    type: "PURCHASE",
    subject: "user-1",
    payload: { total },
    ...fields,
  });
}

async function buy(tenant: ApiTenant, bearer: string) {
  const body = { rewardId: await rewardIdOf(tenant, "coffee") };
  const { status, json } = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body });
  if (status !== 200) throw new Error(`The purchase was refused: ${json.code}`);
  return json.data.benefit as { id: string };
}

async function pointsOf(tenant: Shop, memberId: string): Promise<number> {
  return (await byAdmin(tenant, `GET /v1/users/${memberId}/wallet`)).json.data.points;
}

/** The session of a member that has come by the host's server. */
async function signIn(tenant: ApiTenant, authIdentifier = "user-1"): Promise<string> {
  return cookieOf(await postAuth(tenant, { body: { selector: { authIdentifier }, profile } }));
}

function told({ status, json }: ApiAnswer): [number, string] {
  return [status, json.code];
}

function fieldsOf({ status, json }: ApiAnswer): [number, string, string[]] {
  return [status, json.code, Object.keys(json.data?.fields ?? {})];
}

/** What nobody can tell a foreign id from one that is not there by. */
function facesOf({ status, headers, text }: ApiAnswer, id: string) {
  const others = [...headers].filter(([name]) => !name.startsWith("ratelimit"));
  return { status, headers: others, text: text.replaceAll(id, "<id>") };
}

async function countEverything({ id: tenantId }: ApiTenant) {
  const where = { tenantId };
  return {
    members: await db().member.count({ where }),
    events: await db().event.count({ where }),
    entries: await db().ledgerEntry.count({ where }),
    benefits: await db().benefit.count({ where }),
    reversals: await db().eventReversal.count({ where }),
  };
}

const idsOf = ({ json }: ApiAnswer): string[] => json.data.map(({ id }: { id: string }) => id);

const wrongIdentifiers: unknown[] = [
  ...[
    undefined,
    null,
    5,
    true,
    [],
    {},
    "",
    "x".repeat(60_000),
    "🙂".repeat(513),
    "a\0b",
    "a\nb",
    "a\u007fb",
    "\ud800",
  ],
  ...[" user-3", "user-3\u00a0", "\tuser-3"],
];

// --- Making members ---

test("an admin makes a member, who is answered whole, rewarded for coming, and let in", async () => {
  stopTheClock();
  const { tenant } = await createShop();
  const sent = {
    ...profile,
    gender: "OTHER",
    birthdate: "2000-02-29",
    country: "DE",
    favouriteColour: "green",
    nick: null,
  };

  const { status, json } = await byAdmin(tenant, "POST /v1/users", {
    authIdentifier: "user/3 ?&%2e",
    profile: sent,
  });
  const read = await byAdmin(tenant, `GET /v1/users/${json.data.id}`);
  const wallet = await byAdmin(tenant, `GET /v1/users/${json.data.id}/wallet`);
  const me = await callApi(tenant, "GET /v1/users/me", {
    bearer: await signFor(tenant, { sub: "user/3 ?&%2e" }),
  });

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      ...{
        id: uuid,
        authIdentifier: "user/3 ?&%2e",
        externalIdentifier: "user/3 ?&%2e",
        isRestricted: false,
      },
      ...{ createdAt: startedAt, updatedAt: startedAt, flags: { genderProvided: true } },
      accountNumber: expect.stringMatching(/^\d{7}$/),
      profile: {
        ...{ ...plainProfile, gender: "OTHER", birthdate: "2000-02-29", country: "DE" },
        attributes: { favouriteColour: "green" },
      },
    },
  });
  expect(read.json).toEqual(json);
  expect(me.json).toEqual(json);
  expect(wallet.json.data.points).toBe(100);
});

test("an authIdentifier that is taken is refused; one that only looks like it is another", async () => {
  const { tenant } = await createShop();
  const before = await countEverything(tenant);
  const create = (authIdentifier: string) => byAdmin(tenant, "POST /v1/users", { authIdentifier, profile });

  const taken = await create("user-1");
  const unchanged = await countEverything(tenant);
  const others = [await create("USER-1"), await create("us\u00e9r"), await create("use\u0301r")];

  expect(taken.json).toEqual({ status: "fail", code: "auth_identifier_taken", message: anyText, data: {} });
  expect(taken.status).toBe(409);
  expect(unchanged).toEqual(before);
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(others.map(({ json }) => json.data.accountNumber)).size).toBe(3);
});

test("of twenty calls at once for one authIdentifier one makes the member, who is rewarded once", async () => {
  const { tenant } = await createShop();

  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      byAdmin(tenant, "POST /v1/users", { authIdentifier: "user-3", profile }),
    ),
  );

  const made = answers.filter(({ status }) => status === 200);
  expect(made).toHaveLength(1);
  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(19).fill([409, "auth_identifier_taken"]),
  );
  expect(await pointsOf(tenant, made[0]?.json.data.id)).toBe(100);
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(3);
});

test.each<[string, object, string[]]>([
  ["nothing", { authIdentifier: undefined, profile: undefined }, ["authIdentifier", "profile"]],
  ["a profile of null", { profile: null }, ["profile"]],
  ["a profile that is a list", { profile: [] }, ["profile"]],
  ["an empty profile", { profile: {} }, ["profile.givenName", "profile.familyName", "profile.emailAddress"]],
  ["no e-mail address", { profile: { ...profile, emailAddress: null } }, ["profile.emailAddress"]],
  ["a birthdate that is none", { profile: { ...profile, birthdate: "1.1.1980" } }, ["profile.birthdate"]],
  ["a country that is none", { profile: { ...profile, country: "Germany" } }, ["profile.country"]],
  ["an attribute of 2 KB", { profile: { ...profile, note: "x".repeat(2048) } }, ["profile.note"]],
  [
    "65 attributes",
    {
      profile: {
        ...profile,
        ...Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, 1])),
      },
    },
    ["profile"],
  ],
  ["flags", { flags: { isStaff: true } }, ["flags"]],
  ["a restriction", { isRestricted: true }, ["isRestricted"]],
  ["an account number", { accountNumber: "1234567" }, ["accountNumber"]],
  ["points", { points: 5 }, ["points"]],
])("a member with %s is not made", async (_what, fields, expected) => {
  const { tenant } = await createShop();
  const before = await countEverything(tenant);

  const answer = await byAdmin(tenant, "POST /v1/users", { authIdentifier: "user-3", profile, ...fields });

  expect(fieldsOf(answer)).toEqual([400, "invalid_input", expected]);
  expect(await countEverything(tenant)).toEqual(before);
});

test("an authIdentifier that is no identifier makes nobody, and changes nobody's", async () => {
  const { tenant, memberId } = await createShop();
  const values = wrongIdentifiers.slice(1); // left out, it changes nothing

  const made = await Promise.all(
    wrongIdentifiers.map((authIdentifier) => byAdmin(tenant, "POST /v1/users", { authIdentifier, profile })),
  );
  const changed = await Promise.all(
    values.map((authIdentifier) => patch(tenant, memberId, { authIdentifier })),
  );

  expect(made.map(fieldsOf)).toEqual(wrongIdentifiers.map(() => [400, "invalid_input", ["authIdentifier"]]));
  expect(changed.map(fieldsOf)).toEqual(values.map(() => [400, "invalid_input", ["authIdentifier"]]));
  expect(await memberIdOf(tenant)).toBe(memberId);
});

// --- Finding members ---

test("members are found by each of three, and by several at once; without any it is everybody, newest first", async () => {
  const third = { authIdentifier: "user-3", profile: { ...profile, emailAddress: "ben@example.com" } };
  const { tenant } = await createShop({ members: [...members, third] });
  const find = (query: string) => byAdmin(tenant, `GET /v1/users?${query}`);
  const everybody = await find("");
  const [three, two, one] = everybody.json.data;

  const found = await Promise.all(
    [
      ...["authIdentifier=user-1", `accountNumber=${two.accountNumber}`, "emailAddress=ben%40example.com"],
      ...[
        "emailAddress=ben%40example.com&authIdentifier=user-3",
        "emailAddress=ben%40example.com&authIdentifier=user-1",
      ],
      ...[`accountNumber=${one.accountNumber}&authIdentifier=user-1&emailAddress=jane.doe%40example.com`],
      ...[
        "authIdentifier=USER-1",
        "authIdentifier=user",
        "emailAddress=BEN%40example.com",
        "accountNumber=0",
      ],
      ...["authIdentifier=user-1%27%20OR%201=1", "authIdentifier=%25", "authIdentifier=user_1"],
    ].map(find),
  );

  expect(everybody.json).toEqual({
    status: "success",
    data: ["user-3", "user-2", "user-1"].map((authIdentifier) =>
      expect.objectContaining({ authIdentifier, profile: expect.objectContaining({ givenName: "Jane" }) }),
    ),
    page: { nextCursor: null },
  });
  expect(found.map(({ status }) => status)).toEqual(found.map(() => 200));
  expect(found.map(({ json }) => json.data)).toEqual([
    ...[[one], [two], [three, two], [three], [], [one]],
    ...Array(7).fill([]),
  ]);
});

test("a member in the list is the member as it is answered alone", async () => {
  const { tenant, memberId } = await createShop();

  const list = await byAdmin(tenant, "GET /v1/users?authIdentifier=user-1");
  const one = await byAdmin(tenant, `GET /v1/users/${memberId}`);

  expect(list.json.data).toEqual([one.json.data]);
});

test.each(["authIdentifier", "emailAddress", "accountNumber"])(
  "the filter %s takes texts as they are, refuses what is none, and comes once",
  async (name) => {
    const { tenant } = await createShop();
    const wrong = ["", "%00", "a%00b", "%0D%0A", "%7F", "x".repeat(20_000)];
    const right = ["%ED%A0%80", "%FF", "%F0%9F%99%82", "__proto__", "%5C", "%2525"]; // the first two are U+FFFD

    const refused = await Promise.all(wrong.map((text) => byAdmin(tenant, `GET /v1/users?${name}=${text}`)));
    const found = await Promise.all(right.map((text) => byAdmin(tenant, `GET /v1/users?${name}=${text}`)));
    const twice = await byAdmin(tenant, `GET /v1/users?${name}=a&${name}=b`);

    expect([...refused, twice].map(fieldsOf)).toEqual(Array(7).fill([400, "invalid_input", [name]]));
    expect(found.map(({ status, json }) => [status, json.data])).toEqual(right.map(() => [200, []]));
  },
);

test("walking all pages of the members gives each once, newest first, while new ones come", async () => {
  const seven = Array.from({ length: 7 }, (_, index) => ({ authIdentifier: `user-${index}`, profile }));
  const { tenant } = await createShop({ members: seven });
  const whole = await byAdmin(tenant, "GET /v1/users");

  const walked: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = `emailAddress=jane.doe%40example.com&limit=3${cursor && `&cursor=${cursor}`}`;
    const page = await byAdmin(tenant, `GET /v1/users?${query}`);
    await byAdmin(tenant, "POST /v1/users", { authIdentifier: `new-${walked.length}`, profile });
    sizes.push(page.json.data.length);
    walked.push(...idsOf(page));
    cursor = page.json.page.nextCursor;
  }

  expect(sizes).toEqual([3, 3, 1]);
  expect(walked).toEqual(idsOf(whole));
  expect(new Set(walked).size).toBe(7);
  expect(idsOf(await byAdmin(tenant, "GET /v1/users")).slice(-7)).toEqual(walked);
});

test("the list of members takes a limit from 1 to 100, and a cursor that it gave", async () => {
  const { tenant } = await createShop();
  const limits = ["0", "-1", "101", "1.5", "abc", "", "1e1", "01", "%2B5", "999999999999", "0x10", "%00"];
  const cursors = ["", "x", "!!!!", "%00", "x".repeat(201), Buffer.from("1.x").toString("base64url")];
  cursors.push(Buffer.from(`1800000000000.${randomUUID()}`).toString("base64url"));

  const wrongLimits = await Promise.all(
    limits.map((limit) => byAdmin(tenant, `GET /v1/users?limit=${limit}`)),
  );
  const wrongCursors = await Promise.all(
    cursors.map((cursor) => byAdmin(tenant, `GET /v1/users?cursor=${cursor}`)),
  );
  const right = await byAdmin(tenant, "GET /v1/users?limit=100");

  expect(wrongLimits.map(fieldsOf)).toEqual(limits.map(() => [400, "invalid_input", ["limit"]]));
  expect(wrongCursors.map(fieldsOf)).toEqual(cursors.map(() => [400, "invalid_input", ["cursor"]]));
  expect(right.json.data).toHaveLength(2);
});

const idsOfNothing = [
  randomUUID(),
  "no-id",
  "0",
  "%00",
  "%2e%2e%2fme",
  "null",
  "x".repeat(9000),
  "🙂",
  "user-1",
];

test.each([
  "GET /v1/users/{id}",
  "PATCH /v1/users/{id}",
  "DELETE /v1/users/{id}",
  "GET /v1/users/{id}/wallet",
])("%s answers an id of nobody, whatever it looks like, with 404 member_not_found", async (endpoint) => {
  const { tenant } = await createShop();
  const body = endpoint.startsWith("PATCH") ? { isRestricted: true } : undefined;

  const answers = await Promise.all(
    idsOfNothing.map((id) => byAdmin(tenant, endpoint.replace("{id}", id), body)),
  );

  expect(answers.map(({ status, json }) => [status, json])).toEqual(
    idsOfNothing.map(() => [404, { status: "fail", code: "member_not_found", message: anyText, data: {} }]),
  );
});

test("an id is one in capitals, too", async () => {
  const { tenant, memberId } = await createShop();

  expect((await byAdmin(tenant, `GET /v1/users/${memberId.toUpperCase()}`)).json.data.id).toBe(memberId);
});

// --- Changing members ---

test("an admin changes what is sent of a profile, and all the rest stays", async () => {
  stopTheClock();
  const first = {
    ...profile,
    city: "Leeds",
    gender: "MALE",
    birthdate: "1980-01-01",
    colour: "green",
    size: 42,
  };
  const { tenant, memberId } = await createShop({ members: [{ authIdentifier: "user-1", profile: first }] });
  const before = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;
  moveTo(1);

  const aDayLater = await withOwner(tenant);
  const changed = await patch(aDayLater, memberId, {
    profile: { familyName: "Roe", city: null, gender: null, country: "FR", colour: null, shop: ["Leeds"] },
  });

  expect(changed.status).toBe(200);
  expect(changed.json).toEqual({
    status: "success",
    data: {
      ...{ ...before, updatedAt: "2027-03-11T10:00:00.000Z", flags: { genderProvided: false } },
      profile: {
        ...{ ...plainProfile, familyName: "Roe", birthdate: "1980-01-01", country: "FR" },
        attributes: { size: 42, shop: ["Leeds"] },
      },
    },
  });
  expect((await byAdmin(aDayLater, `GET /v1/users/${memberId}`)).json).toEqual(changed.json);
});

test("flags are set and removed by name, and members see them", async () => {
  const { tenant, bearer, memberId } = await createShop();
  const flagsAfter = async (flags: object) => (await patch(tenant, memberId, { flags })).json.data.flags;

  const set = await flagsAfter({ isStaff: true, "beta.tester": false, toString: true });
  const more = await flagsAfter({ vip: true, isStaff: null, isNothing: null });
  const same = await flagsAfter({});
  const { json: me } = await callApi(tenant, "GET /v1/users/me", { bearer });

  expect(set).toEqual({ isStaff: true, "beta.tester": false, toString: true, genderProvided: false });
  expect(more).toEqual({ vip: true, "beta.tester": false, toString: true, genderProvided: false });
  expect(same).toEqual(more);
  expect(me.data.flags).toEqual(more);
  const kept = await db().member.findFirst({ where: { id: memberId }, select: { flags: true } });
  expect(kept?.flags).not.toHaveProperty("genderProvided");
});

test.each<[string, unknown, string[]]>([
  ["the computed flag", { flags: { genderProvided: true } }, ["flags.genderProvided"]],
  ["the computed flag, to be removed", { flags: { genderProvided: null } }, ["flags.genderProvided"]],
  ["a flag that is a text", { flags: { vip: "true" } }, ["flags.vip"]],
  ["a flag that is a number", { flags: { vip: 1 } }, ["flags.vip"]],
  ["a flag that is an object", { flags: { vip: {} } }, ["flags.vip"]],
  ["a flag's name with a space", { flags: { "a b": true } }, ["flags.a b"]],
  ["a flag's name with a NUL", { flags: { "a\0": true } }, ["flags.a\0"]],
  ["a flag without a name", { flags: { "": true } }, ["flags."]],
  ["a long flag's name", { flags: { [`a${"x".repeat(64)}`]: true } }, [`flags.a${"x".repeat(64)}`]],
  ["the flag constructor", { flags: { constructor: true } }, ["flags.constructor"]],
  ["the flag prototype", { flags: { prototype: true } }, ["flags.prototype"]],
  ["the flag __proto__", '{"flags":{"__proto__":true}}', ["flags.__proto__"]],
  ["flags in a list", { flags: ["vip"] }, ["flags"]],
  ["flags of null", { flags: null }, ["flags"]],
  [
    "65 flags",
    { flags: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, true])) },
    ["flags"],
  ],
  ["a restriction of a text", { isRestricted: "true" }, ["isRestricted"]],
  ["a restriction of null", { isRestricted: null }, ["isRestricted"]],
  ["an authIdentifier of null", { authIdentifier: null }, ["authIdentifier"]],
  ["an empty externalIdentifier", { externalIdentifier: "" }, ["externalIdentifier"]],
  ["a long externalIdentifier", { externalIdentifier: "x".repeat(513) }, ["externalIdentifier"]],
  ["an externalIdentifier with a NUL", { externalIdentifier: "a\0" }, ["externalIdentifier"]],
  ["an externalIdentifier that is a number", { externalIdentifier: 5 }, ["externalIdentifier"]],
  ["a profile of null", { profile: null }, ["profile"]],
  ["a mandatory field of null", { profile: { givenName: null } }, ["profile.givenName"]],
  ["a birthdate that is none", { profile: { birthdate: "1980-13-01" } }, ["profile.birthdate"]],
  ["__proto__ in the profile", '{"profile":{"a":{"__proto__":1}}}', ["profile.a"]],
  ["__proto__", '{"isRestricted":true,"__proto__":{"isRestricted":true}}', ["__proto__"]],
  ["an id", { id: randomUUID() }, ["id"]],
  ["an accountNumber", { accountNumber: "1234567" }, ["accountNumber"]],
  ["points", { points: 5 }, ["points"]],
  ["one that is right and one that is wrong", { isRestricted: true, createdAt: "2027" }, ["createdAt"]],
])("a change with %s is refused by name, and changes nothing", async (_what, body, fields) => {
  const { tenant, memberId } = await createShop();
  const before = await byAdmin(tenant, `GET /v1/users/${memberId}`);

  const answer = await patch(tenant, memberId, body);

  expect(fieldsOf(answer)).toEqual([400, "invalid_input", fields]);
  expect((await byAdmin(tenant, `GET /v1/users/${memberId}`)).text).toBe(before.text);
});

test("a body without a change changes nothing", async () => {
  const { tenant, memberId } = await createShop();
  const before = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;
  const cookie = await signIn(tenant);

  const { status, json } = await patch(tenant, memberId, {});

  expect([status, { ...json.data, updatedAt: before.updatedAt }]).toEqual([200, before]);
  expect(await isSignedIn(tenant, cookie)).toBe(true);
});

test("restricting ends the member's sessions and tokens at once; lifting it lets tokens in again", async () => {
  const { tenant, bearer, memberId } = await createShop();
  const [cookie, others] = [await signIn(tenant), await signIn(tenant, "user-2")];

  const { json } = await patch(tenant, memberId, { isRestricted: true });
  const restricted = await callApi(tenant, "GET /v1/users/me", { bearer });
  const signedIn = [await isSignedIn(tenant, cookie), await isSignedIn(tenant, others)];
  const login = await postAuth(tenant);
  await patch(tenant, memberId, { isRestricted: false });
  const lifted = await callApi(tenant, "GET /v1/users/me", { bearer });

  expect(json.data.isRestricted).toBe(true);
  expect(told(restricted)).toEqual([403, "member_restricted"]);
  expect(signedIn).toEqual([false, true]);
  expect([login.status, login.json.code]).toEqual([403, "member_restricted"]);
  expect([lifted.status, await isSignedIn(tenant, cookie)]).toEqual([200, false]); // a dead session stays dead
});

test("an externalIdentifier stands beside the authIdentifier, and goes with null", async () => {
  const { tenant, memberId } = await createShop();
  const cookie = await signIn(tenant);
  const after = async (change: object) => {
    const { authIdentifier, externalIdentifier } = (await patch(tenant, memberId, change)).json.data;
    return [authIdentifier, externalIdentifier];
  };

  expect(await after({ externalIdentifier: "crm 7/ö" })).toEqual(["user-1", "crm 7/ö"]);
  expect(await after({ isRestricted: false })).toEqual(["user-1", "crm 7/ö"]);
  expect(await isSignedIn(tenant, cookie)).toBe(true);
  expect(await after({ authIdentifier: "user-9" })).toEqual(["user-9", "crm 7/ö"]);
  expect(await after({ externalIdentifier: null })).toEqual(["user-9", "user-9"]);
});

test("a member known by another authIdentifier is the same, signed out, and let in by the new one only", async () => {
  const { tenant, bearer, memberId } = await createShop();
  const [cookie, others] = [await signIn(tenant), await signIn(tenant, "user-2")];
  const before = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;

  const { json } = await patch(tenant, memberId, { authIdentifier: "user-9" });
  const [old, fresh] = [bearer, await signFor(tenant, { sub: "user-9" })];
  const asOld = await callApi(tenant, "GET /v1/users/me", { bearer: old });
  const asNew = await callApi(tenant, "GET /v1/users/me", { bearer: fresh });
  const wallet = await callApi(tenant, "GET /v1/users/me/wallet", { bearer: fresh });

  expect(json.data).toEqual({
    ...{ ...before, authIdentifier: "user-9", externalIdentifier: "user-9", updatedAt: anyText },
  });
  expect(told(asOld)).toEqual([403, "member_unknown"]);
  expect(asNew.json.data).toEqual(json.data);
  expect(wallet.json.data.points).toBe(500);
  expect([await isSignedIn(tenant, cookie), await isSignedIn(tenant, others)]).toEqual([false, true]);
});

test("a taken authIdentifier changes nothing, and its own is no change", async () => {
  const [{ tenant, memberId }, other] = [
    await createShop(),
    await createShop({ members: [...members, { authIdentifier: "user-7", profile }] }),
  ];
  const cookie = await signIn(tenant);
  const before = await byAdmin(tenant, `GET /v1/users/${memberId}`);

  const taken = await patch(tenant, memberId, {
    authIdentifier: "user-2",
    profile: { city: "Leeds" },
    flags: { vip: true },
  });
  const after = await byAdmin(tenant, `GET /v1/users/${memberId}`);
  const own = await patch(tenant, memberId, { authIdentifier: "user-1" });
  const signedIn = await isSignedIn(tenant, cookie);
  const elsewhere = await patch(tenant, memberId, { authIdentifier: "user-7" });

  expect(taken.json).toEqual({ status: "fail", code: "auth_identifier_taken", message: anyText, data: {} });
  expect(taken.status).toBe(409);
  expect(after.text).toBe(before.text);
  expect([own.status, signedIn]).toEqual([200, true]);
  expect(elsewhere.json.data.authIdentifier).toBe("user-7"); // another programme's is free
  expect(await memberIdOf(other.tenant, "user-7")).not.toBe(memberId);
});

test("of ten members who are to get one authIdentifier at once one gets it", async () => {
  const ten = Array.from({ length: 10 }, (_, index) => ({ authIdentifier: `user-${index}`, profile }));
  const { tenant } = await createShop({ members: ten });
  const ids = idsOf(await byAdmin(tenant, "GET /v1/users"));

  const answers = await Promise.all(ids.map((id) => patch(tenant, id, { authIdentifier: "wanted" })));

  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(9).fill([409, "auth_identifier_taken"]),
  );
  expect(await db().member.count({ where: { tenantId: tenant.id, authIdentifier: "wanted" } })).toBe(1);
});

test("a profile that an admin changes is one event with its points, and one that stays the same is none", async () => {
  const { tenant, memberId } = await createShop();
  const events = () => db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } });

  await patch(tenant, memberId, { profile: { city: "Leeds", colour: "green", birthdate: "1980-01-01" } });
  const changed = [await events(), await pointsOf(tenant, memberId)];
  await patch(tenant, memberId, {
    profile: { city: "Leeds", colour: "green", birthdate: "1980-01-01", gender: null },
  });
  await patch(tenant, memberId, { profile: { nothing: null } });
  await patch(tenant, memberId, { profile: {}, flags: { vip: true }, externalIdentifier: "x" });
  await patch(tenant, memberId, { isRestricted: false, authIdentifier: "user-8" });
  const unchanged = [await events(), await pointsOf(tenant, memberId)];
  await patch(tenant, memberId, { profile: { colour: null } });

  expect(changed).toEqual([1, 507]);
  expect(unchanged).toEqual([1, 507]);
  expect([await events(), await pointsOf(tenant, memberId)]).toEqual([2, 514]);
});

test("twenty changes of other fields at once are all there", async () => {
  const { tenant, memberId } = await createShop({ rules: [] });

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      patch(tenant, memberId, { profile: { [`a${index}`]: index }, flags: { [`f${index}`]: true } }),
    ),
  );

  const { data } = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json;
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(Object.keys(data.profile.attributes)).toHaveLength(20);
  expect(Object.keys(data.flags)).toHaveLength(21);
});

// --- Erasing members ---

test("erasing takes everything personal and every way in, keeps the books, and frees the identifier", async () => {
  const whole = {
    ...profile,
    gender: "OTHER",
    birthdate: "1980-01-01",
    country: "GB",
    city: "Leeds",
    colour: "green",
  };
  const { tenant, bearer, memberId } = await createShop({
    members: [{ authIdentifier: "user-1", profile: whole, points: 500 }],
  });
  const cookie = await signIn(tenant);
  await patch(tenant, memberId, { externalIdentifier: "crm-7", flags: { vip: true } });
  const reported = await purchase(tenant, 12, { externalId: "order-1" });
  await buy(tenant, bearer);
  const { accountNumber } = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;
  const before = await countEverything(tenant);

  const { status, json } = await byAdmin(tenant, `DELETE /v1/users/${memberId}`);
  const after = await countEverything(tenant);
  const gone = [
    await byAdmin(tenant, `GET /v1/users/${memberId}`),
    await byAdmin(tenant, `GET /v1/users/${memberId}/wallet`),
    await patch(tenant, memberId, { isRestricted: false }),
    await byAdmin(tenant, `DELETE /v1/users/${memberId}`),
    await adjust(tenant, memberId, 5),
    await purchase(tenant, 1, { subject: memberId }),
    await purchase(tenant, 1, { subject: accountNumber }),
  ];
  const stranger = await callApi(tenant, "GET /v1/users/me", { bearer });
  const code = await byAdmin(tenant, "POST /v1/commands/validate_voucher", { code: "C-1" });
  const books = [await reverse(tenant, reported.json.data.event.id), await cancel(tenant, randomUUID())];
  const list = await byAdmin(tenant, "GET /v1/users");
  const row = await db().member.findFirst({ where: { id: memberId } });
  const sessions = await db().session.findMany({
    ...{ where: { memberId }, select: { endedAt: true, endReason: true } },
  });
  const again = await byAdmin(tenant, "POST /v1/users", { authIdentifier: "user-1", profile });
  const externalId = await purchase(tenant, 1, { externalId: "order-1" });

  expect([status, json]).toEqual([200, { status: "success", data: { id: memberId } }]);
  expect(after).toEqual(before);
  expect(gone.map(told)).toEqual(gone.map(() => [404, "member_not_found"]));
  expect(told(stranger)).toEqual([403, "member_unknown"]);
  expect(await isSignedIn(tenant, cookie)).toBe(false);
  expect(sessions).toEqual([{ endedAt: expect.any(Date), endReason: "member_deleted" }]);
  expect(told(code)).toEqual([404, "benefit_not_found"]);
  expect(books.map(({ status: each }) => each)).toEqual([404, 404]);
  expect(list.json.data).toEqual([]);
  const personal = Object.entries(row ?? {}).filter(
    ([name]) =>
      !["tenantId", "id", "accountNumber", "createdAt", "updatedAt", "deletedAt", "isRestricted"].includes(
        name,
      ),
  );
  expect(Object.fromEntries(personal.filter(([, value]) => value !== null))).toEqual({
    ...{ attributes: {}, flags: {} },
    ...(row?.profileEventId ? { profileEventId: row.profileEventId } : {}),
  });
  expect(row).toMatchObject({ accountNumber, deletedAt: expect.any(Date) });
  expect(again.json.data).toMatchObject({ authIdentifier: "user-1", externalIdentifier: "user-1" });
  expect(again.json.data.id).not.toBe(memberId);
  expect(again.json.data.accountNumber).not.toBe(accountNumber);
  expect(await pointsOf(tenant, again.json.data.id)).toBe(100); // as new, and nothing of the first
  expect(told(externalId)).toEqual([409, "external_id_taken"]);
  expect(await checkLaws()).toEqual([]);
});

test("a member is erased once, also when ten ask at once", async () => {
  const { tenant, memberId } = await createShop();

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => byAdmin(tenant, `DELETE /v1/users/${memberId}`)),
  );

  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(9).fill([404, "member_not_found"]),
  );
});

// --- Wallets, and correcting them ---

test("an admin sees the wallet that the member sees", async () => {
  const { tenant, bearer, memberId } = await createShop({
    pointsExpiry: { afterDays: 30 },
    tiers: [{ name: "Silver", pointsRequirement: 600 }],
  });
  await buy(tenant, bearer);

  const admins = await byAdmin(tenant, `GET /v1/users/${memberId}/wallet`);
  const own = await callApi(tenant, "GET /v1/users/me/wallet", { bearer });

  expect(admins.status).toBe(200);
  expect(admins.text).toBe(own.text);
  expect(admins.json.data).toMatchObject({
    points: 350,
    nextTier: { pointsToGo: 100 },
    nextExpiry: { points: 350 },
  });
  expect(admins.json.data.vouchers).toHaveLength(1);
});

test("an adjustment is answered with the whole wallet as it is then", async () => {
  stopTheClock();
  const { tenant, bearer, memberId } = await createShop({
    ...{ tiers: [{ name: "Silver", pointsRequirement: 600 }], pointsExpiry: { afterDays: 30 } },
  });
  const voucher = await buy(tenant, bearer);
  moveTo(1);

  const aDayLater = await withOwner(tenant);
  const { status, json } = await adjust(aDayLater, memberId, 100);
  const read = await byAdmin(aDayLater, `GET /v1/users/${memberId}/wallet`);

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      ...{ points: 450, pendingPoints: 0, lifetimePoints: 600, spentPoints: 150, expiredPoints: 0 },
      ...{ tier: { id: uuid, name: "Silver", pointsRequirement: 600 }, nextTier: null },
      ...{ nextExpiry: { points: 350, expiresAt: "2027-04-09T10:00:00.000Z" }, vouchers: [voucher] },
    },
  });
  expect(read.json).toEqual(json);
});

test.each([
  ["EARN", 70, { points: 570, lifetimePoints: 570, spentPoints: 0 }],
  ["SPEND", -70, { points: 430, lifetimePoints: 500, spentPoints: 70 }],
  ["NONE", 70, { points: 570, lifetimePoints: 500, spentPoints: 0 }],
  ["NONE", -70, { points: 430, lifetimePoints: 500, spentPoints: 0 }],
  ["SPEND", -500, { points: 0, lifetimePoints: 500, spentPoints: 500 }],
])("an adjustment that counts as %s moves %i points", async (impactType, points, expected) => {
  const { tenant, memberId } = await createShop();

  const { json } = await adjust(tenant, memberId, points, { impactType });

  expect(json.data).toMatchObject(expected);
  expect(await checkLaws()).toEqual([]);
});

test.each([
  ["EARN", "-70"],
  ["SPEND", "70"],
  ...[
    "0",
    "-0",
    "1.5",
    "0.1",
    "1e-1",
    '"5"',
    '"5 "',
    "null",
    "[]",
    "[5]",
    '{"$gt":0}',
    "true",
    "1e400",
    "-1e400",
  ].map((points) => ["NONE", points]),
  ...["9007199254740992", "9007199254740993", "-9007199254740992", "9223372036854775808", "1e300"].map(
    (points) => [...["NONE", points]],
  ),
])("an adjustment as %s of %s points is refused by name", async (impactType, points) => {
  const { tenant, memberId } = await createShop();
  const body = `{"actorId":"${memberId}","points":${points},"comment":"x","impactType":"${impactType}"}`;

  const answer = await byAdmin(tenant, "POST /v1/commands/adjust_points", body);

  expect(fieldsOf(answer)).toEqual([400, "invalid_input", ["points"]]);
  expect(await pointsOf(tenant, memberId)).toBe(500);
});

test.each([
  ["1e3", 1500],
  ["7.0", 507],
  ["9007199254740491", 9007199254740991],
])("an adjustment of %s points, which is whole, is made", async (points, expected) => {
  const { tenant, memberId } = await createShop();
  const body = `{"actorId":"${memberId}","points":${points},"comment":"x","impactType":"NONE"}`;

  const { json } = await byAdmin(tenant, "POST /v1/commands/adjust_points", body);

  expect(json.data.points).toBe(expected);
});

test("a balance beyond 2^53 − 1 is refused, and stays", async () => {
  const { tenant, memberId } = await createShop();

  const answer = await adjust(tenant, memberId, 9007199254740492);

  expect(fieldsOf(answer)).toEqual([400, "invalid_input", ["points"]]);
  expect(await pointsOf(tenant, memberId)).toBe(500);
});

test.each(["SPEND", "NONE"])(
  "an adjustment as %s below zero is refused with what there is",
  async (impactType) => {
    const { tenant, memberId } = await createShop();
    const before = await countEverything(tenant);

    const answer = await adjust(tenant, memberId, -501, { impactType });

    expect(answer.status).toBe(409);
    expect(answer.json).toEqual({
      ...{ status: "fail", code: "points_insufficient", message: anyText },
      data: { balancePoints: 500, costPoints: 501 },
    });
    expect(await countEverything(tenant)).toEqual(before);
  },
);

const wrongTexts = [undefined, null, 5, [], {}, true, "", "a\0", "a\nb", "\ud800"];

test.each<[string, unknown[]]>([
  ["actorId", [...wrongTexts, "x".repeat(65)]],
  ["comment", [...wrongTexts, "🙂".repeat(281), "x".repeat(60_000)]],
  ["impactType", [undefined, null, 5, [], "", "earn", "EARNED", "__proto__"]],
])("an adjustment's %s is what it has to be, or refused by name", async (field, values) => {
  const { tenant, memberId } = await createShop();

  const answers = await Promise.all(values.map((value) => adjust(tenant, memberId, 5, { [field]: value })));
  const unknown = await adjust(tenant, memberId, 5, { reason: "x" });
  const noPoints = await adjust(tenant, memberId, undefined);

  expect(answers.map(fieldsOf)).toEqual(values.map(() => [400, "invalid_input", [field]]));
  expect(fieldsOf(unknown)).toEqual([400, "invalid_input", ["reason"]]);
  expect(fieldsOf(noPoints)).toEqual([400, "invalid_input", ["points"]]);
  expect(await pointsOf(tenant, memberId)).toBe(500);
});

test("an adjustment of nobody is not found; a restricted member's balance can be corrected", async () => {
  const { tenant, memberId } = await createShop();
  await patch(tenant, memberId, { isRestricted: true });

  const nobody = await Promise.all([randomUUID(), "user-1", "0"].map((id) => adjust(tenant, id, 5)));
  const restricted = await adjust(tenant, memberId, 5);

  expect(nobody.map(told)).toEqual(Array(3).fill([404, "member_not_found"]));
  expect(restricted.json.data.points).toBe(505);
});

test("of twenty adjustments at once as many are made as there are points for", async () => {
  const { tenant, memberId } = await createShop();

  const answers = await Promise.all(Array.from({ length: 20 }, () => adjust(tenant, memberId, -120)));

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(16).fill([409, "points_insufficient"]),
  );
  expect(await pointsOf(tenant, memberId)).toBe(20);
  expect(await checkLaws()).toEqual([]);
});

test("what rules give for an adjustment is in its answer", async () => {
  const bonus = {
    name: "Bonus",
    eventType: "POINTS_ADJUSTED",
    effect: { type: "POINTS", pointsPerUnit: 0.5, unitField: "payload.points" },
  };
  const { tenant, memberId } = await createShop({ rules: [bonus] });

  const { json } = await adjust(tenant, memberId, 10);

  expect(json.data).toMatchObject({ points: 515, lifetimePoints: 515 });
  expect(await pointsOf(tenant, memberId)).toBe(515);
});

// --- Taking back ---

test("an event is taken back once, with what it gave", async () => {
  const { tenant, memberId } = await createShop();
  const { id: eventId } = (await purchase(tenant, 60)).json.data.event;

  const { status, json } = await reverse(tenant, eventId);
  const again = await reverse(tenant, eventId);

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: { eventId, takenPoints: 60, shortfallPoints: 0, wallet: { points: 500 } },
  });
  expect(again.status).toBe(409);
  expect(again.json).toEqual({ status: "fail", code: "already_reversed", message: anyText, data: {} });
  expect((await byAdmin(tenant, `GET /v1/users/${memberId}/wallet`)).json.data).toMatchObject({
    ...{ points: 500, lifetimePoints: 500, spentPoints: 0 },
  });
});

test("points that are spent already are told as a shortfall, and no balance falls below zero", async () => {
  const { tenant, bearer, memberId } = await createShop();
  const { id: eventId } = (await purchase(tenant, 60)).json.data.event;
  await buy(tenant, bearer);
  await adjust(tenant, memberId, -370);

  const { json } = await reverse(tenant, eventId);

  expect(json.data).toEqual({ eventId, takenPoints: 40, shortfallPoints: 20, wallet: { points: 0 } });
  expect(await checkLaws()).toEqual([]);
});

test("of twenty reversals at once one is made", async () => {
  const { tenant, memberId } = await createShop();
  const { id: eventId } = (await purchase(tenant, 60)).json.data.event;

  const answers = await Promise.all(Array.from({ length: 20 }, () => reverse(tenant, eventId)));

  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(19).fill([409, "already_reversed"]),
  );
  expect(await pointsOf(tenant, memberId)).toBe(500);
});

test("a cancelled benefit gives back its points and its place in the stock, once, and is gone for its owner", async () => {
  stopTheClock();
  const { tenant, bearer, memberId } = await createShop();
  const rewardId = await rewardIdOf(tenant, "coffee");
  const benefit = await buy(tenant, bearer);

  const { status, json } = await cancel(tenant, benefit.id);
  const again = await cancel(tenant, benefit.id);
  const list = await callApi(tenant, "GET /v1/benefits", { bearer });
  const code = await byAdmin(tenant, "POST /v1/commands/validate_voucher", { code: "C-1" });
  const { json: reward } = await callApi(tenant, `GET /v1/rewards/${rewardId}`);

  expect(status).toBe(200);
  expect(json).toEqual({ status: "success", data: { benefit, refundedPoints: 150, shortfallPoints: 0 } });
  expect(again.status).toBe(409);
  expect(again.json).toEqual({ status: "fail", code: "already_reversed", message: anyText, data: {} });
  expect(list.json.data).toEqual([]);
  expect(told(code)).toEqual([404, "benefit_not_found"]);
  expect(reward.data.stockRemaining).toBe(2);
  expect((await byAdmin(tenant, `GET /v1/users/${memberId}/wallet`)).json.data).toMatchObject({
    ...{ points: 500, lifetimePoints: 500, spentPoints: 0, vouchers: [] },
  });
  expect(await checkLaws()).toEqual([]);
});

test("what a till has used up is not cancelled", async () => {
  const { tenant, bearer, memberId } = await createShop();
  const { id } = await buy(tenant, bearer);
  await byAdmin(tenant, "POST /v1/commands/validate_voucher", { code: "C-1" });

  const answer = await cancel(tenant, id);

  expect(answer.status).toBe(409);
  expect(answer.json).toEqual({ status: "fail", code: "voucher_already_used", message: anyText, data: {} });
  expect(await pointsOf(tenant, memberId)).toBe(350);
});

test("of twenty cancellations at once one is made, and a bonus that is spent is told as a shortfall", async () => {
  const bonus = { name: "Bonus", eventType: "PURCHASED_REWARD", effect: { type: "POINTS", points: 30 } };
  const { tenant, bearer, memberId } = await createShop({ rules: [bonus] });
  const { id } = await buy(tenant, bearer);
  await adjust(tenant, memberId, -380); // the balance is 0, so that the refund alone pays for the bonus

  const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(tenant, id)));

  const made = answers.filter(({ status }) => status === 200);
  expect(made.map(({ json }) => [json.data.refundedPoints, json.data.shortfallPoints])).toEqual([[150, 0]]);
  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(19).fill([409, "already_reversed"]),
  );
  expect(await pointsOf(tenant, memberId)).toBe(120);
  expect(await checkLaws()).toEqual([]);
});

test.each([
  ["reverse_event", "eventId", "not_found"],
  ["cancel_benefit", "benefitId", "benefit_not_found"],
])("%s takes an id and a comment, and nothing else", async (command, field, code) => {
  const { tenant } = await createShop();
  const call = (body: object) =>
    byAdmin(tenant, `POST /v1/commands/${command}`, { [field]: randomUUID(), comment: "x", ...body });
  const ids = [...wrongTexts, "x".repeat(65)];
  const comments = [...wrongTexts, "🙂".repeat(281)];

  const wrongIds = await Promise.all(ids.map((id) => call({ [field]: id })));
  const wrongComments = await Promise.all(comments.map((comment) => call({ comment })));
  const unknown = await call({ points: 5 });
  const nothing = await Promise.all(
    [randomUUID(), "0", "user-1", "x".repeat(64)].map((id) => call({ [field]: id })),
  );

  expect(wrongIds.map(fieldsOf)).toEqual(ids.map(() => [400, "invalid_input", [field]]));
  expect(wrongComments.map(fieldsOf)).toEqual(comments.map(() => [400, "invalid_input", ["comment"]]));
  expect(fieldsOf(unknown)).toEqual([400, "invalid_input", ["points"]]);
  expect(nothing.map(({ status, json }) => [status, json])).toEqual(
    nothing.map(() => [404, { status: "fail", code, message: anyText, data: {} }]),
  );
});

// --- Events and codes by an admin ---

test.each(["id", "accountNumber", "authIdentifier"])(
  "an admin reports of a member named by the %s",
  async (name) => {
    const { tenant, memberId } = await createShop();
    const { json: member } = await byAdmin(tenant, `GET /v1/users/${memberId}`);

    const { status, json } = await purchase(tenant, 3.5, { subject: member.data[name] });

    expect(status).toBe(200);
    expect(json).toEqual({
      status: "success",
      data: {
        event: {
          ...{ id: uuid, type: "PURCHASE", subject: memberId, payload: { total: 3.5 } },
          ...{ occurredAt: anyText, createdAt: anyText },
        },
        reactions: [{ type: "POINTS", ruleId: uuid, ruleName: "Per euro", points: 3 }],
        wallet: { points: 503 },
      },
    });
  },
);

test.each<[string, object, [number, string]]>([
  ["no subject", { subject: undefined }, [400, "invalid_input"]],
  ["an unknown subject", { subject: "nobody" }, [404, "member_not_found"]],
  ["an unknown type", { type: "NOTHING" }, [404, "event_type_not_found"]],
  ...Object.keys(intrinsicPayloadFields).map((type): [string, object, [number, string]] => [
    ...([`the type ${type}`, { type }, [403, "event_type_intrinsic"]] as [string, object, [number, string]]),
  ]),
])("an admin's report with %s is refused", async (_what, fields, expected) => {
  const { tenant } = await createShop();

  expect(told(await purchase(tenant, 1, fields))).toEqual(expected);
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("an authIdentifier that looks like another's account number or id does not stand for both", async () => {
  const { tenant, memberId } = await createShop();
  const { accountNumber } = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;
  await byAdmin(tenant, "POST /v1/users", { authIdentifier: accountNumber, profile });
  await byAdmin(tenant, "POST /v1/users", { authIdentifier: memberId, profile });

  const byNumber = await purchase(tenant, 1, { subject: accountNumber });
  const byId = await purchase(tenant, 1, { subject: memberId });

  expect(fieldsOf(byNumber)).toEqual([400, "invalid_input", ["subject"]]);
  expect(byId.json.data.event.subject).toBe(memberId);
});

test("an admin's batch may have events of all types", async () => {
  const { tenant, memberId } = await createShop();
  const of = (type: string, subject = "user-1") => ({ type, subject, payload: { total: 2 } });

  const { status, json } = await byAdmin(tenant, "POST /v1/events/batch", {
    events: [
      of("PURCHASE"),
      of("VISITED_SHOP"),
      of("POINTS_ADJUSTED"),
      of("PURCHASE", "user-2"),
      of("PURCHASE", "nobody"),
    ],
  });

  expect(status).toBe(200);
  expect(json.data.results).toEqual([
    ...[0, 1].map((index) => ({ index, eventId: uuid })),
    { index: 2, code: "event_type_intrinsic", message: anyText },
    { index: 3, eventId: uuid },
    { index: 4, code: "member_not_found", message: anyText },
  ]);
  expect(await pointsOf(tenant, memberId)).toBe(502);
  expect(await pointsOf(tenant, await memberIdOf(tenant, "user-2"))).toBe(2);
});

test("an admin looks at a code and uses it up with any key", async () => {
  const { tenant, bearer } = await createShop();
  const benefit = await buy(tenant, bearer);
  const validate = (body: object) => byAdmin(tenant, "POST /v1/commands/validate_voucher", body);

  const look = await validate({ code: "C-1", allowFutureValidation: true });
  const burn = await validate({ code: "C-1" });
  const again = await validate({ code: "C-1" });

  expect(look.json).toEqual({ status: "success", data: benefit });
  expect(burn.json.data).toEqual({
    ...{ ...benefit, redeemedAt: anyText, burnedAt: anyText, code: { value: "C-1", validatedAt: anyText } },
  });
  expect(told(again)).toEqual([409, "voucher_already_used"]);
});

test.each([
  "GET /v1/users/me",
  "GET /v1/users/me/wallet",
  "GET /v1/events",
  "GET /v1/benefits",
  "GET /v1/rewards",
])("an admin's token is no member's at %s", async (endpoint) => {
  const { tenant } = await createShop();

  expect(told(await byAdmin(tenant, endpoint))).toEqual([401, "token_invalid"]);
});

test.each([
  ["GET /v1/users", undefined],
  ["POST /v1/users", "{"],
  ["POST /v1/commands/adjust_points", "{"],
])(
  "%s is not for members also where there are admins, and the body is looked at last",
  async (endpoint, body) => {
    const { tenant, bearer } = await createShop();

    expect(told(await callApi(tenant, endpoint, { bearer, body }))).toEqual([403, "admin_required"]);
    expect(told(await callApi(tenant, endpoint, { bearer: `${tenant.owner}x`, body }))).toEqual([
      401,
      "token_invalid",
    ]);
    expect(told(await callApi(tenant, endpoint, { bearer: purchaseSecret, body }))).toEqual([
      401,
      "token_invalid",
    ]);
  },
);

// --- Other programmes ---

async function createTwoShops() {
  const tiers = [{ name: "Silver", pointsRequirement: 1 }];
  const [own, foreign] = [await createShop({ tiers }), await createShop({ tiers })];
  const { tenant, bearer, memberId } = foreign;
  const benefit = await buy(tenant, bearer);
  const { event, reactions } = (await purchase(tenant, 5)).json.data;
  const { accountNumber } = (await byAdmin(tenant, `GET /v1/users/${memberId}`)).json.data;
  await signIn(tenant);
  const session = await db().session.findFirstOrThrow({ where: { tenantId: tenant.id } });
  const tier = (await callApi(tenant, "GET /v1/tiers")).json.data[0];
  const ids: Record<string, string> = {
    ...{ memberId, accountNumber, benefit: benefit.id, event: event.id, rule: reactions[0].ruleId },
    ...{ reward: await rewardIdOf(tenant, "coffee"), session: session.id, tier: tier.id, tenant: tenant.id },
  };
  return { own: own.tenant, foreign: tenant, ids };
}

const callsWithAnId: [string, (tenant: Shop, id: string) => Promise<ApiAnswer>][] = [
  ["GET /v1/users/{id}", (tenant, id) => byAdmin(tenant, `GET /v1/users/${id}`)],
  ["PATCH /v1/users/{id}", (tenant, id) => patch(tenant, id, { isRestricted: true })],
  ["DELETE /v1/users/{id}", (tenant, id) => byAdmin(tenant, `DELETE /v1/users/${id}`)],
  ["GET /v1/users/{id}/wallet", (tenant, id) => byAdmin(tenant, `GET /v1/users/${id}/wallet`)],
  ["GET /v1/users by authIdentifier", (tenant, id) => byAdmin(tenant, `GET /v1/users?authIdentifier=${id}`)],
  ["adjust_points", (tenant, id) => adjust(tenant, id, 5)],
  ["reverse_event", reverse],
  ["cancel_benefit", cancel],
  ["POST /v1/events", (tenant, subject) => purchase(tenant, 1, { subject })],
  [
    "POST /v1/events/batch",
    (tenant, subject) =>
      byAdmin(tenant, "POST /v1/events/batch", {
        events: [{ type: "PURCHASE", subject, payload: { total: 1 } }],
      }),
  ],
  ["validate_voucher", (tenant, code) => byAdmin(tenant, "POST /v1/commands/validate_voucher", { code })],
];

test.each(callsWithAnId)(
  "%s answers any id of another programme like one that is not there",
  async (_what, call) => {
    const { own, foreign, ids } = await createTwoShops();
    const before = [await countEverything(own), await countEverything(foreign)];

    const faces: unknown[] = [];
    for (const id of Object.values(ids)) faces.push(facesOf(await call(own, id), id));
    const random = randomUUID();
    const nothing = facesOf(await call(own, random), random);

    expect(Object.keys(ids)).toHaveLength(9);
    expect(faces).toEqual(faces.map(() => nothing));
    expect(nothing.text).toMatch(/not_found|"data":\[\]/);
    expect([await countEverything(own), await countEverything(foreign)]).toEqual(before);
  },
);

test("a cursor, an account number, an e-mail address and an externalId of another programme show nothing of it", async () => {
  const { own, foreign, ids } = await createTwoShops();
  await byAdmin(foreign, "POST /v1/users", {
    authIdentifier: "theirs",
    profile: { ...profile, emailAddress: "theirs@example.com" },
  });
  await purchase(foreign, 1, { externalId: "order-1" });
  const theirs = await byAdmin(foreign, "GET /v1/users?limit=1");

  const byCursor = await byAdmin(own, `GET /v1/users?cursor=${theirs.json.page.nextCursor}`);
  const byEmail = await byAdmin(own, "GET /v1/users?emailAddress=theirs%40example.com");
  const byName = await byAdmin(own, "GET /v1/users?authIdentifier=theirs");
  const byNumber = await byAdmin(own, `GET /v1/users?accountNumber=${ids.accountNumber}`);
  const reported = await purchase(own, 1, { externalId: "order-1" });

  const ownIds = idsOf(await byAdmin(own, "GET /v1/users"));
  expect(ownIds).toEqual(expect.arrayContaining(idsOf(byCursor)));
  expect([byEmail, byName, byNumber].map(({ json }) => json.data)).toEqual([[], [], []]);
  expect(reported.json.data.replayed).toBeUndefined();
});

test("after all this every law of the ledger holds, and no object has a field from a caller", async () => {
  expect(await db().ledgerEntry.count()).toBeGreaterThan(50);
  expect(await checkLaws()).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).isRestricted).toBeUndefined();
});

test("a filter that is misspelt finds nobody, rather than everybody", async () => {
  const { tenant } = await createShop();

  const { status, json } = await callApi(tenant, "GET /v1/users?authidentifier=user-1", {
    bearer: tenant.owner,
  });

  expect([status, json.data]).toEqual([400, { fields: { authidentifier: "There is no such field." } }]);
});

test("a change that changes nothing leaves updatedAt as it was", async () => {
  const { tenant, memberId } = await createShop();
  const change = (body: object) =>
    callApi(tenant, `PATCH /v1/users/${memberId}`, { bearer: tenant.owner, body });
  const first = await change({ flags: { isStaff: true }, isRestricted: false, profile: { city: "Leeds" } });

  const same = await change({ flags: { isStaff: true }, isRestricted: false, profile: { city: "Leeds" } });

  expect(same.json.data).toEqual(first.json.data);
});
