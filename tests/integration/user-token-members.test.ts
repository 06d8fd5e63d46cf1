import { randomUUID } from "node:crypto";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";

import { env } from "#lib/config/env.ts";
import { db } from "#lib/db/client.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { postAuth } from "#tests/support/calls.ts";
import { adjust, pointPerEuro, purchaseType, rewardIdOf } from "#tests/support/engine.ts";
import { profile } from "#tests/support/factories.ts";
import { startIdentityProvider } from "#tests/support/identity-provider.ts";
import { statementCounter } from "#tests/support/statements.ts";
import { type ApiCall, type ApiTenant, callApi, createApiTenant, signFor } from "#tests/support/user-api.ts";

// Goal: a good token is exactly one member: the one whose authIdentifier is its sub, byte by byte; it makes one only where
// the programme says so, and then once, whatever comes first and at once. And all that costs nobody a wait.

const me = "GET /v1/users/me";
const names = { given_name: "Jane", family_name: "Doe", email: "jane.doe@example.com" };
const welcome = { name: "Welcome", eventType: "REGISTERED_ACCOUNT", effect: { type: "POINTS", points: 100 } };
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 };

const statements = statementCounter();

// The embedded database answers one after the other, so calls race only where one that has read is held back.
let afterReading = async () => {};
vi.mock(import("#lib/db/members.ts"), async (original) => {
  const members = await original();
  const findMemberRowByAuthIdentifier: typeof members.findMemberRowByAuthIdentifier = async (...sought) => {
    const row = await members.findMemberRowByAuthIdentifier(...sought);
    await afterReading();
    return row;
  };
  return { ...members, findMemberRowByAuthIdentifier };
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("a token whose sub nobody has is told so, whole, and leaves nothing behind", async () => {
  const tenant = await createApiTenant();

  const told = await callApi(tenant, me, { bearer: await signFor(tenant, { ...names, sub: "new" }) });

  expect({ status: told.status, json: told.json }).toEqual({
    status: 403,
    json: {
      status: "fail",
      code: "member_unknown",
      message: new DomainError("member_unknown").message,
      data: {},
    },
  });
  expect(told.headers.get("www-authenticate")).toBeNull();
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("a member of another programme is nobody here", async () => {
  const [tenant, other] = [await createApiTenant(), await createApiTenant()];
  await postAuth(other);

  const told = await callApi(tenant, me, { bearer: await signFor(tenant) });

  expect(told).toMatchObject({ status: 403, json: { code: "member_unknown" } });
});

test("every path of a user's refuses an unknown one, and a restricted one", async () => {
  const tenant = await createApiTenant({ rewards: [coffee] });
  const paths = await userPaths(tenant);
  const { json } = await postAuth(tenant);
  await restrictMember(tenant.id, json.data.user.id, true);

  const [unknown, restricted] = [[], []] as [string, unknown][][];
  for (const [endpoint, body] of paths) {
    const call = body ? { body } : {};
    const stranger = await callApi(tenant, endpoint, {
      ...call,
      bearer: await signFor(tenant, { sub: "new" }),
    });
    unknown?.push([endpoint, stranger.json.code]);
    const told = await callApi(tenant, endpoint, { ...call, bearer: await signFor(tenant) });
    restricted?.push([endpoint, told.json]);
  }

  expect(unknown).toEqual(paths.map(([endpoint]) => [endpoint, "member_unknown"]));
  const body = {
    ...{ status: "fail", code: "member_restricted", data: {} },
    message: new DomainError("member_restricted").message,
  };
  expect(restricted).toEqual(paths.map(([endpoint]) => [endpoint, body]));
  await restrictMember(tenant.id, json.data.user.id, false);
  expect(await callApi(tenant, me, { bearer: await signFor(tenant) })).toMatchObject({ status: 200 });
});

test("a restriction counts at once, and against a member that tokens made too", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  const bearer = await signFor(tenant, names);
  const { json } = await callApi(tenant, me, { bearer });

  await restrictMember(tenant.id, json.data.id, true);

  expect(await callApi(tenant, me, { bearer })).toMatchObject({
    status: 403,
    json: { code: "member_restricted" },
  });
});

test("a member that left is nobody; where tokens make members, the next token makes another one", async () => {
  const tenant = await createApiTenant();
  const making = await createApiTenant({ createMembersFromTokens: true, rules: [welcome] });
  for (const each of [tenant, making]) {
    const { json } = await postAuth(each);
    await adjust(each, json.data.user.id as MemberId, 500);
    await eraseMember(each.id, json.data.user.id);
  }

  const gone = await callApi(tenant, me, { bearer: await signFor(tenant, names) });
  const bearer = await signFor(making, names);
  const again = await callApi(making, me, { bearer });
  const wallet = await callApi(making, "GET /v1/users/me/wallet", { bearer });

  expect(gone).toMatchObject({ status: 403, json: { code: "member_unknown" } });
  expect(again).toMatchObject({ status: 200, json: { data: { authIdentifier: "user-1" } } });
  expect(wallet.json.data.points).toBe(100);
  const rows = await db().member.findMany({ where: { tenantId: making.id }, orderBy: { id: "asc" } });
  expect(rows.map(({ id, authIdentifier }) => [id === again.json.data.id, authIdentifier])).toEqual([
    [false, null],
    [true, "user-1"],
  ]);
});

test("who is known by another identifier now is found by that one alone", async () => {
  const tenant = await createApiTenant();
  const { json } = await postAuth(tenant);
  const change = { authIdentifier: "user-9", externalIdentifier: "user-1" };
  await updateMember({ tenantId: tenant.id, memberId: json.data.user.id, change, isOwn: false });

  const old = await callApi(tenant, me, { bearer: await signFor(tenant) });
  const found = await callApi(tenant, me, { bearer: await signFor(tenant, { sub: "user-9" }) });

  expect(old).toMatchObject({ status: 403, json: { code: "member_unknown" } });
  expect(found).toMatchObject({ status: 200, json: { data: { id: json.data.user.id } } });
});

test("neither the id of a member, nor its card's number, nor its e-mail is a sub", async () => {
  const tenant = await createApiTenant();
  await postAuth(tenant);
  const { json } = await callApi(tenant, me, { bearer: await signFor(tenant) });
  const { id, accountNumber } = json.data;

  for (const sub of [id, accountNumber, profile.emailAddress]) {
    const told = await callApi(tenant, me, {
      bearer: await signFor(tenant, { sub, email: profile.emailAddress }),
    });
    expect(told).toMatchObject({ status: 403, json: { code: "member_unknown" } });
  }
});

test("subs that look alike are members of their own, by token and by POST /api/auth", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  const subs = [
    ...[
      "user1",
      "User1",
      "USER1",
      "ｕｓｅｒ１",
      "user１",
      "usеr1",
      "user1\u200b",
      "us\ufeffer1",
      "user1\ufeff",
      "user\u00ad1",
    ],
    ...["caf\u00e9", "cafe\u0301", "ﬁ", "fi", "straße", "strasse", "K", "\u212a", "İ", "i", "I", "ı"],
    ...["1", "01", "1.0", "a b", "a  b", "a\u00a0b", "%75ser1", "user1\\u0000", "null", "undefined"],
  ];
  const idOf = async (sub: string) => {
    const { json } = await callApi(tenant, me, { bearer: await signFor(tenant, { ...names, sub }) });
    expect(json.data.authIdentifier).toBe(sub);
    return json.data.id;
  };

  const ids = [];
  for (const sub of subs) ids.push(await idOf(sub));

  expect(new Set(ids).size).toBe(subs.length);
  const again = [];
  for (const sub of subs) again.push(await idOf(sub));
  expect(again).toEqual(ids);
  const upserted = [];
  for (const authIdentifier of subs) {
    const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
    upserted.push(json.data.user.id);
  }
  expect(upserted).toEqual(ids);
});

test("a byte order mark at the start of a sub, which nobody sees, is refused", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  const answerTo = async (sub: string) =>
    callApi(tenant, me, { bearer: await signFor(tenant, { ...names, sub }) });

  const [plain, marked, within] = [
    await answerTo("user1"),
    await answerTo("\ufeffuser1"),
    await answerTo("user\ufeff1"),
  ];

  expect(marked.json.code).toBe("token_invalid");
  expect(plain.json.data.authIdentifier).toBe("user1");
  expect(within.json.data.authIdentifier).toBe("user\ufeff1");
});

test("where tokens make members, a stranger's first call makes one, with its welcome", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true, rules: [welcome] });
  const bearer = await signFor(tenant, { ...names, gender: "FEMALE", city: "Leeds", points: 5_000 });

  const { status, json } = await callApi(tenant, me, { bearer });

  expect(status).toBe(200);
  expect(json.data).toMatchObject({
    authIdentifier: "user-1",
    externalIdentifier: "user-1",
    isRestricted: false,
  });
  expect(json.data.profile).toMatchObject({ ...profile, gender: null, city: null, attributes: {} });
  expect(await historyOf(tenant, "user-1")).toEqual({ registered: 1, points: 100 });
});

test("a first call of any kind makes the member and is answered as that member's", async () => {
  const tenant = await createApiTenant({
    ...{ createMembersFromTokens: true, rewards: [coffee] },
    ...{
      rules: [welcome, pointPerEuro],
      eventTypes: [purchaseType, { name: "VISITED_SHOP", private: false }],
    },
  });
  const paths = await userPaths(tenant);

  for (const [endpoint, body] of paths) {
    const bearer = await signFor(tenant, { ...names, sub: endpoint });
    const first = await callApi(tenant, endpoint, body ? { bearer, body } : { bearer });
    expect([endpoint, first.json.code ?? first.status]).toEqual([endpoint, codeOfNewMember[endpoint] ?? 200]);
    const points = endpoint.includes("purchase") ? 0 : 100;
    expect([endpoint, await historyOf(tenant, endpoint)]).toEqual([endpoint, { registered: 1, points }]);
  }
});

test("a refused first report makes nobody where its event type is not one", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  const bearer = await signFor(tenant, names);

  for (const type of ["UNHEARD_OF", "REGISTERED_ACCOUNT", "PURCHASE"]) {
    const { status } = await callApi(tenant, "POST /v1/events", { bearer, body: { type } });
    expect(status).toBeGreaterThanOrEqual(403);
  }

  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("fifty first calls at once make one member, one REGISTERED_ACCOUNT and one welcome", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true, rules: [welcome] });
  const bearer = await signFor(tenant, names);
  const endpoints: [string, ApiCall][] = [
    [me, {}],
    ["GET /v1/users/me/wallet", {}],
    ["GET /v1/rewards", {}],
    ["POST /v1/events", { body: { type: "VISITED_SHOP" } }],
    ["PATCH /v1/users/me", { body: { profile: { city: "Leeds" } } }],
  ];

  const told = await Promise.all(
    Array.from({ length: 10 }, () => endpoints)
      .flat()
      .map(([endpoint, call]) => callApi(tenant, endpoint, { ...call, bearer })),
  );

  expect(told).toHaveLength(50);
  expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(1);
  expect(await historyOf(tenant, "user-1")).toEqual({ registered: 1, points: 100 });
});

test("first calls that all saw nobody make one member, and each is answered as that one", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true, rules: [welcome] });
  const bearer = await signFor(tenant, names);
  const allHaveRead = Promise.withResolvers<void>();
  let reads = 0;
  afterReading = () => {
    reads += 1;
    if (reads === 20) allHaveRead.resolve();
    return allHaveRead.promise;
  };

  const told = await Promise.all(Array.from({ length: 20 }, () => callApi(tenant, me, { bearer })));
  afterReading = async () => {};

  expect(told.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(new Set(told.map(({ json }) => json.data.id)).size).toBe(1);
  expect(await historyOf(tenant, "user-1")).toEqual({ registered: 1, points: 100 });
});

test.each([
  ["no given_name", { given_name: undefined }],
  ["no family_name", { family_name: undefined }],
  ["no email", { email: undefined }],
  ["null for a name", { given_name: null }],
  ["an empty name", { family_name: "" }],
  ["a name of white space", { given_name: "  " }],
  ["a name that is a number", { given_name: 5 }],
  ["a name that is an object", { family_name: { first: "Jane" } }],
  ["a name that is too long", { given_name: "x".repeat(65) }],
  ["a name with a NUL", { given_name: "Ja\0ne" }],
  ["an email that is none", { email: "jane" }],
  ["a list of emails", { email: ["jane.doe@example.com"] }],
  ["other names for its claims", { given_name: undefined, givenName: "Jane", name: "Jane Doe" }],
])("a stranger's token with %s makes nobody", async (_what, claims) => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });

  const told = await callApi(tenant, me, { bearer: await signFor(tenant, { ...names, ...claims }) });

  expect(told).toMatchObject({ status: 403, json: { code: "member_unknown" } });
  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
  expect(await callApi(tenant, me, { bearer: await signFor(tenant, names) })).toMatchObject({ status: 200 });
});

test("a bad token makes nobody, whatever it claims", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  const other = await createApiTenant();

  for (const bearer of [await signFor(other, names), await signFor(tenant, { ...names, exp: 1, iat: 0 })]) {
    expect(await callApi(tenant, me, { bearer })).toMatchObject({ status: 401 });
  }

  expect(await db().member.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("a token's names make a member and change none, and another one may have the same e-mail", async () => {
  const tenant = await createApiTenant({ createMembersFromTokens: true });
  await postAuth(tenant);

  const known = await callApi(tenant, me, {
    bearer: await signFor(tenant, { given_name: "Eve", family_name: "Evil", email: "eve@example.com" }),
  });
  const stranger = await callApi(tenant, me, { bearer: await signFor(tenant, { ...names, sub: "user-2" }) });

  expect(known.json.data.profile).toMatchObject(profile);
  expect(stranger.json.data.profile.emailAddress).toBe(profile.emailAddress);
  expect(stranger.json.data.id).not.toBe(known.json.data.id);
});

test.each(["HS256", "RS256"])("with %s, who calls costs no round trip of its own", async (algorithm) => {
  vi.spyOn(performance, "now").mockReturnValue(performance.now()); // what is kept in memory is not renewed meanwhile
  const { tenant, bearer, requests } = await startBusyTenant(algorithm);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const count = async (endpoint: string, body?: object) => {
    const headers = body ? { "idempotency-key": randomUUID() } : {};
    statements.sent = 0;
    const { status } = await callApi(tenant, endpoint, { bearer, headers, ...(body ? { body } : {}) });
    expect(status).toBe(200);
    return statements.sent;
  };
  const counted = {
    me: await count(me),
    wallet: await count("GET /v1/users/me/wallet"),
    rewards: await count("GET /v1/rewards"),
    event: await count("POST /v1/events", { type: "PURCHASE", payload: { total: 500 } }),
    purchase: await count("POST /v1/commands/purchase_reward", { rewardId }),
    tiers: await count("GET /v1/tiers"),
  };

  expect(counted).toEqual({ me: 1, wallet: 1, rewards: 1, event: 2, purchase: 2, tiers: 0 });
  expect(requests()).toBe(algorithm === "RS256" ? 1 : 0);
});

test.each(["HS256", "RS256"])("with %s, a refused call asks the database for nothing", async (algorithm) => {
  vi.spyOn(performance, "now").mockReturnValue(performance.now()); // what is kept in memory is not renewed meanwhile
  const { tenant, bearer } = await startBusyTenant(algorithm);

  statements.sent = 0;
  const told = [
    await callApi(tenant, me),
    await callApi(tenant, me, { bearer: `${bearer}x` }),
    await callApi(tenant, me, { bearer: await signFor(tenant, { exp: 1, iat: 0 }) }),
  ];

  expect(told.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(statements.sent).toBe(0);
});

/** What a member that was just made is refused. */
const codeOfNewMember: Record<string, string> = {
  "GET /v1/benefits/0199a000-0000-7000-8000-000000000001": "benefit_not_found",
  "GET /v1/events/0199a000-0000-7000-8000-000000000001": "not_found",
  "POST /v1/commands/redeem_benefit": "benefit_not_found",
};

/** Every call that a user can make, with a body that is taken. */
async function userPaths(tenant: ApiTenant): Promise<[endpoint: string, body?: object][]> {
  const id = "0199a000-0000-7000-8000-000000000001";
  const rewardId = await rewardIdOf(tenant, "coffee");
  return [
    ...["", "/wallet", "/wallet/predictions"].map((path): [string] => [`GET /v1/users/me${path}`]),
    ["PATCH /v1/users/me", { profile: { city: "Leeds" } }],
    ["GET /v1/rewards"],
    [`GET /v1/rewards/${rewardId}`],
    ["GET /v1/events"],
    [`GET /v1/events/${id}`],
    ["POST /v1/events", { type: "VISITED_SHOP" }],
    ["GET /v1/benefits"],
    [`GET /v1/benefits/${id}`],
    ["POST /v1/commands/redeem_benefit", { benefitId: id }],
    ["POST /v1/commands/purchase_reward", { rewardId }],
  ];
}

/** How often a member was registered, and what is in its wallet; by the database. */
async function historyOf(tenant: ApiTenant, authIdentifier: string) {
  const where = { tenantId: tenant.id, authIdentifier };
  const { id, wallet } = await db().member.findFirstOrThrow({ where, include: { wallet: true } });
  const registered = await db().event.count({
    where: { tenantId: tenant.id, memberId: id, type: "REGISTERED_ACCOUNT" },
  });
  return { registered, points: Number(wallet?.balancePoints) };
}

/** A programme whose key, tenant and keys have been asked for already, with a token of a member that has 500 points. */
async function startBusyTenant(algorithm: string) {
  env().ALLOW_LOOPBACK_URLS = true;
  const provider = await startIdentityProvider();
  const { issuer, jwksUrl } = provider;
  const rs256 = { userAuth: { algorithm, issuer, jwksUrl } };
  const tenant = await createApiTenant({
    ...{ eventTypes: [purchaseType], rules: [pointPerEuro], rewards: [coffee] },
    ...(algorithm === "RS256" ? rs256 : {}),
  });
  const { json } = await postAuth(tenant);
  await adjust(tenant, json.data.user.id, 500);
  const bearer = algorithm === "RS256" ? await provider.sign() : await signFor(tenant);
  await callApi(tenant, me, { bearer });
  await vi.waitFor(async () => {
    const where = { tenantId: tenant.id, name: "shop", lastUsedAt: { not: null } };
    expect(await db().apiKey.count({ where })).toBe(1);
  });
  onTestFinished(() => provider.stop());
  return { tenant, bearer, requests: provider.requests };
}
