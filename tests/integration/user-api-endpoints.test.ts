import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { intrinsicPayloadFields } from "#lib/domain/events/intrinsic-event-types.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { rewardIdOf } from "#tests/support/engine.ts";
import { profile } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";
import {
  type ApiAnswer,
  type ApiTenant,
  callApi,
  createApiTenant,
  purchaseSecret,
  signFor,
} from "#tests/support/user-api.ts";

// Goal: every endpoint that strangers, members, servers and tills call answers with what the contract says (5.2), and
// refuses what it says; nothing that is sent gives a 5xx, and nobody sees or moves what is another's.
// Method: calls of the handlers with a key and a token, whole bodies compared; the clock stands still where times are told.
// No admin is made here: what admins do is in user-api-admin.test.ts.

const otherSecret = "another-event-types-secret-of-the-tests-long-enough";
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const anyText = expect.stringMatching(/./);

const members = [
  { authIdentifier: "user-1", profile, points: 500 },
  { authIdentifier: "user-2", profile: { ...profile, givenName: "Ben" } },
];
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150, code: "FREE" };
const eventTypes = [
  {
    ...{ name: "PURCHASE", private: true, secret: purchaseSecret },
    schema: {
      type: "object",
      required: ["total"],
      properties: {
        total: { type: "number" },
        currency: { type: "string", maxLength: 3 },
        items: {
          type: "array",
          items: { type: "object", required: ["sku"], additionalProperties: false, properties: { sku: {} } },
        },
      },
    },
  },
  { name: "RETURNED", private: true, secret: otherSecret },
  { name: "VISITED_SHOP", private: false },
  { name: "RETIRED", private: false },
];
const rules = [
  {
    ...{ name: "100 points per euro", eventType: "PURCHASE" },
    effect: { type: "POINTS", pointsPerUnit: 100, unitField: "payload.total" },
  },
  { name: "A visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 5 } },
];

async function createShop(settings: object = {}) {
  const tenant = await createApiTenant({ members, eventTypes, rules, rewards: [coffee], ...settings });
  const bearer = await signFor(tenant);
  const otherBearer = await signFor(tenant, { sub: "user-2" });
  return { tenant, bearer, otherBearer };
}

async function memberIdOf(tenant: ApiTenant, authIdentifier = "user-1"): Promise<string> {
  const where = { tenantId_authIdentifier: { tenantId: tenant.id, authIdentifier } };
  return (await db().member.findUniqueOrThrow({ where })).id;
}

function told({ status, json }: ApiAnswer): [number, string] {
  return [status, json.code];
}

/** The fields that a 400 names. */
function fieldsOf({ status, json }: ApiAnswer): [number, string, string[]] {
  return [status, json.code, Object.keys(json.data?.fields ?? {})];
}

/** What nobody can tell a foreign id from one that is not there by. */
function facesOf({ status, headers, text }: ApiAnswer, id: string) {
  const told = [...headers].filter(([name]) => !name.startsWith("ratelimit"));
  return { status, headers: told, text: text.replaceAll(id, "<id>") };
}

async function buy(tenant: ApiTenant, bearer: string, externalId = "coffee") {
  const rewardId = await rewardIdOf(tenant, externalId);
  const { status, json } = await callApi(tenant, "POST /v1/commands/purchase_reward", {
    bearer,
    body: { rewardId },
  });
  if (status !== 200) throw new Error(`The purchase was refused: ${json.code}`);
  return json.data.benefit as { id: string };
}

function redeem(tenant: ApiTenant, bearer: string, benefitId: string) {
  return callApi(tenant, "POST /v1/commands/redeem_benefit", { bearer, body: { benefitId } });
}

function validate(
  tenant: ApiTenant,
  body: object,
  call: { key?: string; bearer?: string } = { key: tenant.tillKey },
) {
  return callApi(tenant, "POST /v1/commands/validate_voucher", { ...call, body });
}

function reportAs(tenant: ApiTenant, bearer: string, body: unknown) {
  return callApi(tenant, "POST /v1/events", { bearer, body });
}

async function pointsOf(tenant: ApiTenant, bearer: string): Promise<number> {
  return (await callApi(tenant, "GET /v1/users/me/wallet", { bearer })).json.data.points;
}

async function countEverything({ id: tenantId }: ApiTenant) {
  const where = { tenantId };
  return {
    members: await db().member.count({ where }),
    events: await db().event.count({ where }),
    entries: await db().ledgerEntry.count({ where }),
    benefits: await db().benefit.count({ where }),
  };
}

// --- Who may call what ---

const allOperations = userApiOperations;
const adminOperations = allOperations.filter(({ level }) => level === "admin");
const endpointOf = ({ method, path }: { method: string; path: string }) =>
  `${method} ${path.replace("{id}", "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b10")}`;

test("the endpoints are those of the contract", () => {
  expect(allOperations.map(({ level, method, path }) => `${level} ${method} ${path}`).sort()).toEqual(
    [
      ...["optionalUser GET /v1/rewards", "optionalUser GET /v1/rewards/{id}"],
      ...["optionalUser GET /v1/reward_categories", "optionalUser GET /v1/reward_categories/{id}/rewards"],
      ...["anonymous GET /v1/tiers", "user GET /v1/users/me", "user PATCH /v1/users/me"],
      ...["user GET /v1/users/me/wallet", "user GET /v1/users/me/wallet/predictions"],
      ...["reporter POST /v1/events", "batchReporter POST /v1/events/batch"],
      ...["user GET /v1/events", "user GET /v1/events/{id}", "user POST /v1/commands/purchase_reward"],
      ...["user POST /v1/commands/redeem_benefit", "till POST /v1/commands/validate_voucher"],
      ...[
        "user GET /v1/benefits",
        "user GET /v1/benefits/{id}",
        "admin POST /v1/users",
        "admin GET /v1/users",
      ],
      ...["admin GET /v1/users/{id}", "admin PATCH /v1/users/{id}", "admin DELETE /v1/users/{id}"],
      ...["admin GET /v1/users/{id}/wallet", "admin POST /v1/commands/adjust_points"],
      ...["admin POST /v1/commands/reverse_event", "admin POST /v1/commands/cancel_benefit"],
    ].sort(),
  );
});

test.each(allOperations.map(endpointOf))("%s without a good key says so, and no more", async (endpoint) => {
  const { tenant, bearer } = await createShop();
  const answers = [
    await callApi(tenant, endpoint, { key: null, bearer }),
    await callApi(tenant, endpoint, { key: "no-key-of-anybody-that-is-long-enough-0", bearer }),
    await callApi(tenant, endpoint, { key: "", bearer }),
  ];

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(answers[0]?.json).toEqual({ status: "fail", code: "api_key_invalid", message: anyText, data: {} });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
});

test.each(allOperations.filter(({ level }) => level === "user").map(endpointOf))(
  "%s is for members: not without a token, and with none of another kind",
  async (endpoint) => {
    const { tenant } = await createShop();
    const strangers = await signFor(tenant, { sub: "nobody" });

    const without = await callApi(tenant, endpoint, { body: endpoint.startsWith("GET") ? undefined : "{" });
    const withSecret = await callApi(tenant, endpoint, { bearer: purchaseSecret });
    const withJunk = await callApi(tenant, endpoint, { bearer: "admin" });
    const asStranger = await callApi(tenant, endpoint, {
      bearer: strangers,
      body: endpoint.startsWith("GET") ? undefined : bodyFor(endpoint),
    });

    expect(without.json).toEqual({ status: "fail", code: "token_missing", message: anyText, data: {} });
    expect([without.status, without.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(withSecret.json).toEqual({ status: "fail", code: "token_invalid", message: anyText, data: {} });
    expect([withSecret.status, withSecret.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
    expect(withJunk.text).toBe(withSecret.text);
    expect(told(asStranger)).toEqual([403, "member_unknown"]);
  },
);

/** A body that the endpoint takes, so that nothing but the caller can be wrong. */
function bodyFor(endpoint: string): object {
  if (endpoint.endsWith("/users/me")) return { profile: { city: "Leeds" } };
  return endpoint.endsWith("purchase_reward") ? { rewardId: randomUUID() } : { benefitId: randomUUID() };
}

test.each(allOperations.filter(({ level }) => level === "user" || level === "optionalUser"))(
  "$method $path is closed to a restricted member, and to one who has left",
  async ({ method, path }) => {
    const { tenant, bearer, otherBearer } = await createShop({ rewardCategories: [{ name: "Treats" }] });
    const [category] = (await callApi(tenant, "GET /v1/reward_categories")).json.data;
    const id = path.startsWith("/v1/reward_") ? category.id : await rewardIdOf(tenant, "coffee");
    const endpoint = `${method} ${path.replace("{id}", id)}`;
    const body = method === "GET" ? undefined : bodyFor(endpoint);
    await restrictMember(tenant.id, (await memberIdOf(tenant)) as never, true);
    await eraseMember(tenant.id, (await memberIdOf(tenant, "user-2")) as never);

    const restricted = await callApi(tenant, endpoint, { bearer, body });
    const left = await callApi(tenant, endpoint, { bearer: otherBearer, body });

    expect(told(restricted)).toEqual([403, "member_restricted"]);
    expect(told(left)).toEqual([403, "member_unknown"]);
  },
);

test.each(allOperations.filter(({ level }) => level === "admin" || level === "batchReporter"))(
  "$method $path is closed to all but admins, of whom there are none yet",
  async (operation) => {
    const { tenant, bearer } = await createShop();
    const endpoint = endpointOf(operation);
    const body = operation.method === "GET" ? undefined : "{"; // the body is looked at last
    const before = await countEverything(tenant);

    const without = await callApi(tenant, endpoint, { body });
    const asUser = await callApi(tenant, endpoint, { body, bearer });
    const asTill = await callApi(tenant, endpoint, { body, bearer, key: tenant.tillKey });
    const asAdmin = await callApi(tenant, endpoint, { body, bearer: "admin" });

    expect(told(without)).toEqual([401, "token_missing"]);
    expect(asUser.json).toEqual({ status: "fail", code: "admin_required", message: anyText, data: {} });
    expect([asUser, asTill].map(told)).toEqual(Array(2).fill([403, "admin_required"]));
    expect(told(asAdmin)).toEqual([401, "token_invalid"]);
    expect(await countEverything(tenant)).toEqual(before);
  },
);

test.each(adminOperations)(
  "$method $path is closed to a server that knows a type's secret",
  async (operation) => {
    const { tenant } = await createShop();
    const body = operation.method === "GET" ? undefined : "{";

    const answer = await callApi(tenant, endpointOf(operation), { body, bearer: purchaseSecret });

    expect(told(answer)).toEqual([401, "token_invalid"]);
  },
);

// --- Rewards, categories, tiers ---

const wholeReward = {
  ...{ externalId: "cake", name: "Cake", type: "VOUCHER", price: 150, summary: "A slice.", value: 3.5 },
  ...{
    description: "Any cake.\nAlso pie.",
    terms: "One\nper visit.",
    pictureUrl: "https://example.com/cake.jpg",
  },
  ...{ category: "Treats", tier: "Bronze", codes: ["A-1", "A-2", "A-3"], stock: 5, perMemberLimit: 2 },
  ...{ validForDays: 30, availability: { start: "2027-01-01T01:00:00+01:00", end: "2027-12-31T00:00:00Z" } },
};
const shelf = {
  rewardCategories: [{ name: "Treats" }, { name: "Empty" }],
  tiers: [
    { name: "Gold", pointsRequirement: 1000 },
    { name: "Bronze", pointsRequirement: 100 },
  ],
  rewards: [
    wholeReward,
    { externalId: "advice", name: "Advice", type: "GENERIC_OFFER", price: 0 },
    { externalId: "mug", name: "Mug", type: "VOUCHER", price: 900 },
  ],
};
const cake = {
  ...{ id: uuid, type: "VOUCHER", name: "Cake", summary: "A slice.", description: "Any cake.\nAlso pie." },
  ...{
    terms: "One\nper visit.",
    pictureUrl: "https://example.com/cake.jpg",
    category: { id: uuid, name: "Treats" },
  },
  ...{ price: 150, value: 3.5, purchasable: true },
  availability: { start: "2027-01-01T00:00:00.000Z", end: "2027-12-31T00:00:00.000Z" },
  ...{ tier: { id: uuid, name: "Bronze", pointsRequirement: 100 }, stockRemaining: 3, perMemberLimit: 2 },
  ...{ redemptionChannels: ["IN_STORE", "ONLINE"], codeType: "POOL" },
};
const plainReward = {
  ...{ id: uuid, summary: "", description: "", terms: "", pictureUrl: null, category: null, value: null },
  ...{ purchasable: true, availability: { start: null, end: null }, tier: null, stockRemaining: null },
  ...{ perMemberLimit: null, redemptionChannels: ["IN_STORE", "ONLINE"] },
};
const advice = { ...plainReward, type: "GENERIC_OFFER", name: "Advice", price: 0, codeType: "STATIC" };
const mug = { ...plainReward, type: "VOUCHER", name: "Mug", price: 900, codeType: "GENERATED" };

test("the shelf shows strangers each reward whole, the newest first", async () => {
  stopTheClock();
  const { tenant } = await createShop(shelf);

  const { status, json } = await callApi(tenant, "GET /v1/rewards");

  expect(status).toBe(200);
  expect(json).toEqual({ status: "success", data: [mug, advice, cake], page: { nextCursor: null } });
});

test("a member's token adds how each reward stands for that member", async () => {
  stopTheClock();
  const { tenant, bearer, otherBearer } = await createShop(shelf);
  const open = { affordable: true, pointsShort: 0, available: true, unavailableReason: null };

  const own = await callApi(tenant, "GET /v1/rewards", { bearer });
  const others = await callApi(tenant, "GET /v1/rewards", { bearer: otherBearer });

  expect(own.json.data).toEqual([
    { ...mug, ...open, affordable: false, pointsShort: 400 },
    { ...advice, ...open },
    { ...cake, ...open },
  ]);
  expect(others.json.data[2]).toEqual({
    ...{ ...cake, affordable: false, pointsShort: 150 },
    ...{ available: false, unavailableReason: "reward_not_available" },
  });
});

test("one reward is answered as on the shelf, to strangers and to members", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop(shelf);
  const id = await rewardIdOf(tenant, "cake");

  const stranger = await callApi(tenant, `GET /v1/rewards/${id}`);
  const member = await callApi(tenant, `GET /v1/rewards/${id}`, { bearer });

  expect(stranger.json).toEqual({ status: "success", data: { ...cake, id } });
  expect(member.json).toEqual({
    status: "success",
    data: { ...cake, id, affordable: true, pointsShort: 0, available: true, unavailableReason: null },
  });
});

const gates: [string, object, string | null, string][] = [
  ["nothing in its way", {}, null, "done"],
  ["a limit that is reached", { perMemberLimit: 1 }, "reward_limit_reached", "reward_limit_reached"],
  ["no stock left", { stock: 1 }, "reward_out_of_stock", "reward_out_of_stock"],
  ["a tier out of reach", { tier: "Gold" }, "reward_not_available", "reward_not_available"],
  [
    "a time that has not come",
    { availability: { start: "2027-03-10T10:00:00.001Z" } },
    ...(["reward_not_available", "reward_not_available"] as const),
  ],
  ["a price beyond the balance", { price: 501 }, null, "points_insufficient"],
  ["a price that is the whole balance", { price: 500 }, null, "done"],
  ["a time that has just come", { availability: { start: "2027-03-10T10:00:00.000Z" } }, null, "done"],
  ["a tier that is just reached", { tier: "Reached" }, null, "done"],
  [
    "a limit that is reached, and a time that has not come",
    { perMemberLimit: 1, availability: { start: "2027-03-11T10:00:00Z" } },
    ...(["reward_limit_reached", "reward_limit_reached"] as const),
  ],
  [
    "no stock left, and a tier out of reach",
    { stock: 1, tier: "Gold" },
    ...(["reward_out_of_stock", "reward_out_of_stock"] as const),
  ],
  [
    "a limit that is reached and no stock left",
    { stock: 1, perMemberLimit: 1 },
    ...(["reward_limit_reached", "reward_limit_reached"] as const),
  ],
];

/** A shop whose only reward user-1 had once already, before `gate` stood in its way. */
async function createGatedShop(gate: object) {
  const tiers = [...shelf.tiers, { name: "Reached", pointsRequirement: 500 }];
  const tea = { externalId: "tea", name: "Tea", type: "VOUCHER", price: 0 };
  const shop = await createShop({ tiers, rewards: [tea] });
  await buy(shop.tenant, shop.bearer, "tea");
  await change(shop.tenant, { rewards: [{ ...tea, ...gate }] });
  return { ...shop, rewardId: await rewardIdOf(shop.tenant, "tea") };
}

/** Applies more of a programme to a tenant that is there. */
async function change({ code, host }: ApiTenant, settings: object): Promise<void> {
  const tenant = { code, name: "Test", hostnames: [host], authMode: "embedded", ...settings };
  await applyProgramme(JSON.stringify({ tenants: [tenant] }));
}

test.each(gates)(
  "a reward with %s says why it cannot be had, as a purchase would",
  async (_what, gate, reason, code) => {
    stopTheClock();
    const { tenant, bearer, rewardId } = await createGatedShop(gate);

    const { json } = await callApi(tenant, `GET /v1/rewards/${rewardId}`, { bearer });
    const onTheShelf = await callApi(tenant, "GET /v1/rewards", { bearer });
    const bought = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } });

    const pointsShort = code === "points_insufficient" ? 1 : 0;
    expect(json.data).toMatchObject({
      ...{ affordable: pointsShort === 0, pointsShort },
      ...{ available: reason === null, unavailableReason: reason },
    });
    expect(onTheShelf.json.data).toEqual([json.data]);
    expect(bought.json.code ?? "done").toBe(code);
  },
);

test("a reward that has ended or was archived is on no shelf", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop({
    rewards: [coffee, { ...coffee, externalId: "tea", availability: { end: "2027-03-10T10:00:00.001Z" } }],
  });
  const [coffeeId, teaId] = [await rewardIdOf(tenant, "coffee"), await rewardIdOf(tenant, "tea")];
  await db().reward.updateMany({ where: { id: coffeeId }, data: { archivedAt: start } });
  const before = await callApi(tenant, "GET /v1/rewards");
  moveTo(0, 1);

  const after = await callApi(tenant, "GET /v1/rewards", { bearer });
  const single = [
    await callApi(tenant, `GET /v1/rewards/${coffeeId}`),
    await callApi(tenant, `GET /v1/rewards/${teaId}`),
  ];

  expect(before.json.data.map(({ id }: { id: string }) => id)).toEqual([teaId]);
  expect(after.json.data).toEqual([]);
  expect(single.map(told)).toEqual(Array(2).fill([404, "reward_not_found"]));
});

test("a category has its rewards and no others; the categories come newest first", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop(shelf);

  const { json } = await callApi(tenant, "GET /v1/reward_categories");
  const [empty, treats] = json.data;
  const filled = await callApi(tenant, `GET /v1/reward_categories/${treats.id}/rewards`);
  const asMember = await callApi(tenant, `GET /v1/reward_categories/${treats.id}/rewards`, { bearer });
  const none = await callApi(tenant, `GET /v1/reward_categories/${empty.id}/rewards`);

  expect(json).toEqual({
    status: "success",
    data: [
      { id: uuid, name: "Empty" },
      { id: uuid, name: "Treats" },
    ],
    page: { nextCursor: null },
  });
  expect(filled.json).toEqual({ status: "success", data: [cake], page: { nextCursor: null } });
  expect(asMember.json.data).toEqual([
    { ...cake, affordable: true, pointsShort: 0, available: true, unavailableReason: null },
  ]);
  expect(none.json).toEqual({ status: "success", data: [], page: { nextCursor: null } });
});

test("the tiers are answered whole, the newest first", async () => {
  const { tenant } = await createShop(shelf);

  const { status, json } = await callApi(tenant, "GET /v1/tiers");

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: [
      { id: uuid, name: "Bronze", pointsRequirement: 100 },
      { id: uuid, name: "Gold", pointsRequirement: 1000 },
    ],
    page: { nextCursor: null },
  });
});

test.each(["GET /v1/rewards", "GET /v1/reward_categories", `GET /v1/rewards/${randomUUID()}`])(
  "%s takes no bad token for no token",
  async (endpoint) => {
    const { tenant } = await createShop();

    expect(told(await callApi(tenant, endpoint, { bearer: "x.y.z" }))).toEqual([401, "token_invalid"]);
    const withBasic = await callApi(tenant, endpoint, { headers: { authorization: "Basic eDp5" } });
    expect(told(withBasic)).toEqual([401, "token_missing"]);
  },
);

const idsOfNothing = [
  "no-id",
  "0",
  "%00",
  "%2e%2e%2fme",
  "null",
  "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b1",
  "x".repeat(9000),
  "🙂",
];

test.each([
  ["GET /v1/rewards/{id}", "reward_not_found"],
  ["GET /v1/reward_categories/{id}/rewards", "not_found"],
  ["GET /v1/events/{id}", "not_found"],
  ["GET /v1/benefits/{id}", "benefit_not_found"],
])("%s answers an id of nothing, whatever it looks like, with 404 %s", async (endpoint, code) => {
  const { tenant, bearer } = await createShop();
  const ids = [randomUUID(), ...idsOfNothing];

  const answers = await Promise.all(
    ids.map((id) => callApi(tenant, endpoint.replace("{id}", id), { bearer })),
  );

  expect(answers.map(told)).toEqual(ids.map(() => [404, code]));
  expect(answers[0]?.json).toEqual({ status: "fail", code, message: anyText, data: {} });
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
});

// --- The member's own ---

const wholeProfile = {
  ...{ givenName: "Ana", familyName: "Sílva", emailAddress: "ana@example.com", gender: "FEMALE" },
  ...{
    birthdate: "1980-02-29",
    country: "GB",
    city: "Leeds",
    postcode: "LS1 5PZ",
    streetAddress: "9 Road Street",
  },
  ...{ region: "West Yorkshire", telephoneNumber: "01437532699", pictureUrl: "https://example.com/pic.jpg" },
};
const plainProfile = {
  ...{ ...profile, gender: null, birthdate: null, country: null, city: null, postcode: null },
  ...{ streetAddress: null, region: null, telephoneNumber: null, pictureUrl: null, attributes: {} },
};

test("a member is shown whole, with null for what is not known", async () => {
  stopTheClock();
  const attributes = { favouriteColour: "green", "shoe.size": 42, tags: ["a", { b: null }] };
  const { tenant, bearer } = await createShop({
    members: [
      { authIdentifier: "user-1", profile: { ...wholeProfile, ...attributes } },
      { authIdentifier: "user-2", profile },
    ],
  });
  const common = {
    ...{ id: uuid, isRestricted: false, accountNumber: expect.stringMatching(/^\d{7}$/) },
    ...{ createdAt: "2027-03-10T10:00:00.000Z", updatedAt: "2027-03-10T10:00:00.000Z" },
  };

  const whole = await callApi(tenant, "GET /v1/users/me", { bearer });
  const plain = await callApi(tenant, "GET /v1/users/me", {
    bearer: await signFor(tenant, { sub: "user-2" }),
  });

  expect(whole.json).toEqual({
    status: "success",
    data: {
      ...{
        ...common,
        authIdentifier: "user-1",
        externalIdentifier: "user-1",
        flags: { genderProvided: true },
      },
      profile: { ...wholeProfile, attributes },
    },
  });
  expect(plain.json).toEqual({
    status: "success",
    data: {
      ...{
        ...common,
        authIdentifier: "user-2",
        externalIdentifier: "user-2",
        flags: { genderProvided: false },
      },
      profile: plainProfile,
    },
  });
  expect(whole.headers.get("cache-control")).toBe("private, no-store");
});

test("a member changes what it sends of its profile, and keeps the rest", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop({
    members: [{ authIdentifier: "user-1", profile: { ...wholeProfile, colour: "green", size: 42 } }],
  });
  const before = (await callApi(tenant, "GET /v1/users/me", { bearer })).json.data;
  moveTo(1);
  const again = await signFor(tenant);
  const sent = {
    givenName: "Anna",
    city: null,
    birthdate: "1981-03-01",
    colour: null,
    shop: { name: "Leeds" },
  };

  const changed = await callApi(tenant, "PATCH /v1/users/me", { bearer: again, body: { profile: sent } });
  const read = await callApi(tenant, "GET /v1/users/me", { bearer: again });

  expect(changed.json).toEqual({
    status: "success",
    data: {
      ...{ ...before, updatedAt: "2027-03-11T10:00:00.000Z" },
      profile: {
        ...{ ...wholeProfile, givenName: "Anna", city: null, birthdate: "1981-03-01" },
        attributes: { size: 42, shop: { name: "Leeds" } },
      },
    },
  });
  expect(read.text).toBe(changed.text);
});

const longName = "x".repeat(65);
const badChanges: [string, unknown, string[]][] = [
  ["no profile", {}, ["profile"]],
  ["a profile of null", { profile: null }, ["profile"]],
  ["a profile that is a list", { profile: [] }, ["profile"]],
  ["a profile that is a text", { profile: "x" }, ["profile"]],
  ["flags", { profile: {}, flags: { isStaff: true } }, ["flags"]],
  ["a restriction", { profile: {}, isRestricted: false }, ["isRestricted"]],
  ["an authIdentifier", { profile: {}, authIdentifier: "user-2" }, ["authIdentifier"]],
  ["an externalIdentifier", { profile: {}, externalIdentifier: "x" }, ["externalIdentifier"]],
  ["no givenName any more", { profile: { givenName: null } }, ["profile.givenName"]],
  ["no familyName any more", { profile: { familyName: null } }, ["profile.familyName"]],
  ["no emailAddress any more", { profile: { emailAddress: null } }, ["profile.emailAddress"]],
  ["an empty givenName", { profile: { givenName: "" } }, ["profile.givenName"]],
  ["a givenName of white space", { profile: { givenName: "\u2003 " } }, ["profile.givenName"]],
  ["a long givenName", { profile: { givenName: longName } }, ["profile.givenName"]],
  ["a long familyName", { profile: { familyName: longName } }, ["profile.familyName"]],
  ["a NUL", { profile: { givenName: "A\0" } }, ["profile.givenName"]],
  ["a line break", { profile: { city: "Leeds\r\nX: y" } }, ["profile.city"]],
  ["a DEL", { profile: { city: "Leeds\u007f" } }, ["profile.city"]],
  ["a lone surrogate", { profile: { city: "\ud800" } }, ["profile.city"]],
  ["an e-mail address that is none", { profile: { emailAddress: "a@b@c" } }, ["profile.emailAddress"]],
  ["a gender that is none", { profile: { gender: "female" } }, ["profile.gender"]],
  ["a birthdate that is none", { profile: { birthdate: "2001-02-29" } }, ["profile.birthdate"]],
  ["a birthdate to come", { profile: { birthdate: "2999-01-01" } }, ["profile.birthdate"]],
  ["a birthdate before 1900", { profile: { birthdate: "1899-12-31" } }, ["profile.birthdate"]],
  ["a country that is none", { profile: { country: "XX" } }, ["profile.country"]],
  ["a country in small letters", { profile: { country: "gb" } }, ["profile.country"]],
  ["a long city", { profile: { city: "x".repeat(257) } }, ["profile.city"]],
  ["a long postcode", { profile: { postcode: "x".repeat(129) } }, ["profile.postcode"]],
  ["a long streetAddress", { profile: { streetAddress: longName } }, ["profile.streetAddress"]],
  ["a long region", { profile: { region: "x".repeat(129) } }, ["profile.region"]],
  ["a long telephoneNumber", { profile: { telephoneNumber: "x".repeat(33) } }, ["profile.telephoneNumber"]],
  ["a telephoneNumber that is a number", { profile: { telephoneNumber: 1437 } }, ["profile.telephoneNumber"]],
  ["a picture over http", { profile: { pictureUrl: "http://example.com/a.jpg" } }, ["profile.pictureUrl"]],
  ["a picture that is a script", { profile: { pictureUrl: "javascript:alert(1)" } }, ["profile.pictureUrl"]],
  ["a picture of data", { profile: { pictureUrl: "data:image/png;base64,AA" } }, ["profile.pictureUrl"]],
  ["a picture with a user", { profile: { pictureUrl: "https://u:p@example.com/" } }, ["profile.pictureUrl"]],
  [
    "a long picture address",
    { profile: { pictureUrl: `https://e.x/${"x".repeat(2048)}` } },
    ["profile.pictureUrl"],
  ],
  ["two that are wrong", { profile: { city: 1, region: [] } }, ["profile.city", "profile.region"]],
  ["an attribute of 64 KB", { profile: { note: "x".repeat(60_000) } }, ["profile.note"]],
  ["an attribute of 1,025 bytes", { profile: { note: "x".repeat(1_023) } }, ["profile.note"]],
  ["an attribute with a NUL", { profile: { note: { a: ["\0"] } } }, ["profile.note"]],
  ["an attribute's name with a space", { profile: { "a b": 1 } }, ["profile.a b"]],
  ["an attribute's name with a digit first", { profile: { "1a": 1 } }, ["profile.1a"]],
  ["a long attribute's name", { profile: { [longName]: 1 } }, [`profile.${longName}`]],
  ["constructor", { profile: { constructor: 1 } }, ["profile.constructor"]],
  ["prototype", { profile: { prototype: null } }, ["profile.prototype"]],
  ["constructor in an attribute", { profile: { a: [{ constructor: 1 }] } }, ["profile.a"]],
  ["__proto__", '{"profile":{"__proto__":{"isAdmin":true}}}', ["profile.__proto__"]],
  ["__proto__ in an attribute", '{"profile":{"a":{"b":{"__proto__":1}}}}', ["profile.a"]],
  ["__proto__ beside the profile", '{"profile":{},"__proto__":{"isAdmin":true}}', ["__proto__"]],
  ["constructor beside the profile", '{"profile":{},"constructor":1}', ["constructor"]],
];

test.each(badChanges)(
  "a member's change with %s is refused, named, and changes nothing",
  async (_what, body, fields) => {
    const { tenant, bearer } = await createShop();
    const before = await callApi(tenant, "GET /v1/users/me", { bearer });

    const answer = await callApi(tenant, "PATCH /v1/users/me", { bearer, body });

    expect(fieldsOf(answer)).toEqual([400, "invalid_input", fields]);
    expect(answer.json).toEqual({
      ...{ status: "fail", code: "invalid_input", message: anyText },
      data: { fields: Object.fromEntries(fields.map((field) => [field, anyText])) },
    });
    expect((await callApi(tenant, "GET /v1/users/me", { bearer })).text).toBe(before.text);
  },
);

test("a member's profile keeps every text as it was sent", async () => {
  const { tenant, bearer } = await createShop();
  const sent = {
    ...{
      givenName: " Zoë ",
      familyName: "O’Neil <b>&amp;",
      city: "=cmd|'/C calc'!A0",
      region: "שלום \u202eabc",
    },
    ...{ streetAddress: "🙂".repeat(64), toString: "x", hasOwnProperty: [1e-7, -0.5, 9007199254740991] },
  };

  const { json } = await callApi(tenant, "PATCH /v1/users/me", { bearer, body: { profile: sent } });

  const { toString: text, hasOwnProperty: list, ...core } = sent;
  expect(json.data.profile).toEqual({
    ...{ ...plainProfile, ...core },
    attributes: { toString: text, hasOwnProperty: list },
  });
});

test("a member has at most 64 attributes, counted after what is sent is merged in", async () => {
  const { tenant, bearer } = await createShop();
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`a${index}`, index]));
  const full = await callApi(tenant, "PATCH /v1/users/me", { bearer, body: { profile: many } });

  const over = await callApi(tenant, "PATCH /v1/users/me", { bearer, body: { profile: { b: 1 } } });
  const swapped = await callApi(tenant, "PATCH /v1/users/me", {
    bearer,
    body: { profile: { b: 1, a0: null } },
  });

  expect(full.json.data.profile.attributes).toEqual(many);
  expect(fieldsOf(over)).toEqual([400, "invalid_input", ["profile"]]);
  expect(Object.keys(swapped.json.data.profile.attributes)).toHaveLength(64);
});

test("a changed profile of a member's own is rewarded once, an unchanged one is not", async () => {
  const profileRule = {
    name: "Tell us more",
    eventType: "PROFILE_UPDATED",
    effect: { type: "POINTS", points: 7 },
  };
  const { tenant, bearer } = await createShop({ rules: [...rules, profileRule] });
  const patch = (sent: object) => callApi(tenant, "PATCH /v1/users/me", { bearer, body: { profile: sent } });

  await patch({ city: "Leeds" });
  await patch({ city: "Leeds" });
  await patch({ givenName: "Jane", birthdate: null });
  await patch({});

  expect(await pointsOf(tenant, bearer)).toBe(507);
  expect(await db().event.count({ where: { tenantId: tenant.id, type: "PROFILE_UPDATED" } })).toBe(1);
});

test("an empty wallet is shown whole", async () => {
  const { tenant, otherBearer } = await createShop({ tiers: shelf.tiers });

  const { status, json } = await callApi(tenant, "GET /v1/users/me/wallet", { bearer: otherBearer });

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      ...{ points: 0, pendingPoints: 0, lifetimePoints: 0, spentPoints: 0, expiredPoints: 0, tier: null },
      ...{
        nextTier: { id: uuid, name: "Bronze", pointsRequirement: 100, pointsToGo: 100 },
        nextExpiry: null,
      },
      vouchers: [],
    },
  });
});

test("a wallet tells what there is, what comes, what went, the tiers, and the vouchers whole", async () => {
  stopTheClock();
  const slowRule = {
    name: "Later",
    eventType: "VISITED_SHOP",
    effect: { type: "POINTS", points: 30 },
    pendingDays: 14,
  };
  const { tenant } = await createShop({
    ...{ ...shelf, pointsExpiry: { afterDays: 30 }, rules: [slowRule] },
    members: [{ authIdentifier: "user-1", profile, points: 80 }],
  });
  moveTo(20); // 2027-03-30
  const body = { payload: { total: 5 }, type: "PURCHASE", subject: "user-1" };
  await change(tenant, { rules });
  await callApi(tenant, "POST /v1/events", { bearer: purchaseSecret, body });
  moveTo(31); // 2027-04-10: the opening points have expired the day before
  const bearer = await signFor(tenant);
  await reportAs(tenant, bearer, { type: "VISITED_SHOP" });
  const { id } = await buy(tenant, bearer, "cake");

  const { json } = await callApi(tenant, "GET /v1/users/me/wallet", { bearer });

  expect(json).toEqual({
    status: "success",
    data: {
      ...{ points: 355, pendingPoints: 30, lifetimePoints: 585, spentPoints: 150, expiredPoints: 80 },
      tier: { id: uuid, name: "Bronze", pointsRequirement: 100 },
      nextTier: { id: uuid, name: "Gold", pointsRequirement: 1000, pointsToGo: 415 },
      nextExpiry: { points: 350, expiresAt: "2027-04-29T10:00:00.000Z" },
      vouchers: [
        {
          ...{ id, type: "VOUCHER", createdAt: "2027-04-10T10:00:00.000Z", redeemedAt: null },
          ...{ expiresAt: "2027-05-10T10:00:00.000Z", burnedAt: null, code: null },
          reward: { ...cake, stockRemaining: 2 },
        },
      ],
    },
  });
});

test("at the top there is no next tier", async () => {
  const { tenant, bearer } = await createShop({ tiers: [{ name: "Only", pointsRequirement: 500 }] });

  const { json } = await callApi(tenant, "GET /v1/users/me/wallet", { bearer });

  expect(json.data).toMatchObject({
    tier: { id: uuid, name: "Only", pointsRequirement: 500 },
    nextTier: null,
  });
});

test("a wallet shows the 20 newest vouchers that can still be used, redeemed ones too", async () => {
  stopTheClock();
  const tea = { ...coffee, externalId: "tea", price: 0, code: undefined, codePattern: "XXXXXX-999999" };
  const generated = { ...tea, codeType: "GENERATED" };
  const rewards = [generated, { ...generated, externalId: "flash", validForDays: 1 }];
  const { tenant, bearer: first } = await createShop({ rewards });
  const bought: string[] = [];
  for (let number = 0; number < 25; number++) {
    moveTo(0, number);
    bought.push((await buy(tenant, first, number < 24 ? "tea" : "flash")).id);
  }
  moveTo(1, 24); // the newest expires now
  const bearer = await signFor(tenant);
  const [redeemed, cancelled, used, expired] = bought.slice(-4) as [string, string, string, string];
  const { json: shown } = await redeem(tenant, bearer, used);
  const burned = await validate(tenant, { code: shown.data.code.value });
  await cancelBenefit({ tenantId: tenant.id, benefitId: cancelled, comment: "Oh no.", key: null });
  await redeem(tenant, bearer, redeemed);

  const { json } = await callApi(tenant, "GET /v1/users/me/wallet", { bearer });
  const all = await callApi(tenant, "GET /v1/benefits?limit=100", { bearer });

  const usable = bought.filter((id) => ![cancelled, used, expired].includes(id));
  expect(burned.status).toBe(200);
  expect(usable).toHaveLength(22);
  expect(json.data.vouchers.map(({ id }: { id: string }) => id)).toEqual(usable.toReversed().slice(0, 20));
  expect(json.data.vouchers[0]).toMatchObject({
    id: redeemed,
    code: { value: anyText },
    redeemedAt: anyText,
  });
  expect(idsOf(all)).toEqual(bought.filter((id) => id !== cancelled).toReversed());
});

test("predictions say by month, of UTC, what expires if nothing is spent, and only that", async () => {
  stopTheClock();
  const { tenant } = await createShop({ pointsExpiry: { afterDays: 30 } });
  const purchase = (total: number) =>
    reportAs(tenant, purchaseSecret, { type: "PURCHASE", subject: "user-1", payload: { total } });
  const predict = async (sub: string) =>
    callApi(tenant, "GET /v1/users/me/wallet/predictions", { bearer: await signFor(tenant, { sub }) });
  const hours = 3_600_000;
  moveTo(1);
  await purchase(1);
  moveTo(21, 14 * hours - 1); // expires at 2027-04-30T23:59:59.999Z
  await purchase(2);
  moveTo(21, 14 * hours); // expires at 2027-05-01T00:00:00.000Z
  await purchase(3);

  const early = await predict("user-1");
  moveTo(30); // the 500 that the member began with expire now
  await buy(tenant, await signFor(tenant));
  const late = await predict("user-1");
  await buy(tenant, await signFor(tenant)); // with all that was left of April
  const latest = await predict("user-1");
  const none = await predict("user-2");

  expect(early.json).toEqual({
    status: "success",
    data: {
      pointsExpiryPrediction: {
        type: "EXPIRY",
        summary: [
          { pointsDueToExpire: 500 + 100 + 200, timePeriod: "2027-04" },
          { pointsDueToExpire: 300, timePeriod: "2027-05" },
        ],
      },
    },
  });
  expect(late.json.data.pointsExpiryPrediction.summary).toEqual([
    { pointsDueToExpire: 100 + 200 - 150, timePeriod: "2027-04" },
    { pointsDueToExpire: 300, timePeriod: "2027-05" },
  ]);
  expect(latest.json.data.pointsExpiryPrediction.summary).toEqual([
    { pointsDueToExpire: 300, timePeriod: "2027-05" },
  ]);
  expect(none.json.data).toEqual({ pointsExpiryPrediction: { type: "EXPIRY", summary: [] } });
});

// --- Lists ---

const sevenOf = (prefix: string) => Array.from({ length: 7 }, (_, index) => `${prefix} ${index}`);

/** Seven of everything that there is a list of, for user-1. */
async function createFullShop() {
  const category = "Category 0";
  const gift = { type: "GENERIC_OFFER", price: 0, category };
  const shop = await createShop({
    rewardCategories: sevenOf("Category").map((name) => ({ name })),
    tiers: sevenOf("Tier").map((name, index) => ({ name, pointsRequirement: index })),
    rewards: sevenOf("Reward").map((name) => ({ ...gift, name, externalId: name })),
  });
  for (const name of sevenOf("Reward")) {
    await buy(shop.tenant, shop.bearer, name); // which is an event, too
  }
  const { json } = await callApi(shop.tenant, "GET /v1/reward_categories");
  const categoryId: string = json.data.find(({ name }: { name: string }) => name === category).id;
  return { ...shop, categoryId, gift };
}

type FullShop = Awaited<ReturnType<typeof createFullShop>>;

const lists: [string, (shop: FullShop) => Promise<unknown>][] = [
  [
    "/v1/rewards",
    ({ tenant, gift }) => change(tenant, { rewards: [{ ...gift, name: "New", externalId: "new" }] }),
  ],
  ["/v1/reward_categories", ({ tenant }) => change(tenant, { rewardCategories: [{ name: "New" }] })],
  [
    "/v1/reward_categories/{category}/rewards",
    ({ tenant, gift }) => change(tenant, { rewards: [{ ...gift, name: "New", externalId: "new" }] }),
  ],
  ["/v1/tiers", ({ tenant }) => change(tenant, { tiers: [{ name: "New", pointsRequirement: 99 }] })],
  ["/v1/events", ({ tenant, bearer }) => reportAs(tenant, bearer, { type: "VISITED_SHOP" })],
  ["/v1/benefits", ({ tenant, bearer }) => buy(tenant, bearer, "Reward 3")],
];

function pageOf({ tenant, bearer, categoryId }: FullShop, path: string, query: string) {
  return callApi(tenant, `GET ${path.replace("{category}", categoryId)}?${query}`, { bearer });
}

const idsOf = ({ json }: ApiAnswer): string[] => json.data.map(({ id }: { id: string }) => id);

test.each(lists)(
  "walking all pages of %s gives each item once, newest first, while new ones arrive",
  async (path, add) => {
    const shop = await createFullShop();
    const whole = await pageOf(shop, path, "");

    const sizes: number[] = [];
    const walked: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: ApiAnswer = await pageOf(shop, path, `limit=2${cursor && `&cursor=${cursor}`}`);
      await add(shop);
      sizes.push(page.json.data.length);
      walked.push(...idsOf(page));
      cursor = page.json.page.nextCursor;
    }
    const after = await pageOf(shop, path, "limit=100");

    expect(sizes).toEqual([2, 2, 2, 1]);
    expect(walked).toEqual(idsOf(whole));
    expect(new Set(walked).size).toBe(7);
    expect(idsOf(after).slice(-7)).toEqual(walked);
    expect(idsOf(after).length).toBeGreaterThan(7);
  },
);

test.each(lists)("%s says that there is no more where the last page is just full", async (path) => {
  const shop = await createFullShop();

  const full = await pageOf(shop, path, "limit=7");
  const nearly = await pageOf(shop, path, "limit=6");
  const rest = await pageOf(shop, path, `limit=6&cursor=${nearly.json.page.nextCursor}`);

  expect([full.json.data.length, full.json.page]).toEqual([7, { nextCursor: null }]);
  expect([nearly.json.data.length, nearly.json.page]).toEqual([6, { nextCursor: anyText }]);
  expect([rest.json.data.length, rest.json.page]).toEqual([1, { nextCursor: null }]);
});

const wrongLimits = [
  "0",
  "-1",
  "101",
  "1.5",
  "abc",
  "",
  "1e1",
  "01",
  "%2B5",
  "٣",
  "999999999999",
  "%205",
  "0x10",
  "true",
  "%00",
];

test.each(lists)("%s takes a limit from 1 to 100 and no other", async (path) => {
  const shop = await createFullShop();

  const wrong = await Promise.all(wrongLimits.map((limit) => pageOf(shop, path, `limit=${limit}`)));
  const right = await Promise.all(["1", "100"].map((limit) => pageOf(shop, path, `limit=${limit}`)));

  expect(wrong.map(fieldsOf)).toEqual(wrongLimits.map(() => [400, "invalid_input", ["limit"]]));
  expect(wrong[0]?.json).toEqual({
    ...{ status: "fail", code: "invalid_input", message: anyText, data: { fields: { limit: anyText } } },
  });
  expect(right.map((page) => page.json.data.length)).toEqual([1, 7]);
});

test("a list without a limit has 20 items", async () => {
  const rewards = Array.from({ length: 21 }, (_, index) => ({ ...coffee, externalId: `coffee-${index}` }));
  const { tenant } = await createShop({ rewards });

  const { json } = await callApi(tenant, "GET /v1/rewards");

  expect(json.data).toHaveLength(20);
  expect(json.page).toEqual({ nextCursor: anyText });
});

const encode = (text: string) => Buffer.from(text).toString("base64url");
const wrongCursors = [
  ...[
    "",
    "x",
    "!!!!",
    "%00",
    "a.b",
    "AA==",
    "null",
    "x".repeat(201),
    encode("null"),
    encode("{}"),
    encode("\0"),
  ],
  ...[encode("' OR 1=1 --"), encode(randomUUID().slice(1)), encode(`9999999999999999.${randomUUID()}`)],
  ...[encode(`-1.${randomUUID()}`), encode(`1e3.${randomUUID()}`), encode(`.${randomUUID()}`), encode("1.x")],
];

test.each(lists)("%s takes no cursor that it did not give", async (path) => {
  const shop = await createFullShop();
  const byMoment = path === "/v1/events" || path === "/v1/benefits";
  const ofAnotherKind = encode(byMoment ? randomUUID() : `1800000000000.${randomUUID()}`);
  const cursors = [...wrongCursors, ofAnotherKind];

  const answers = await Promise.all(cursors.map((cursor) => pageOf(shop, path, `cursor=${cursor}`)));

  expect(answers.map(fieldsOf)).toEqual(cursors.map(() => [400, "invalid_input", ["cursor"]]));
});

test.each(lists)("%s wants each parameter once, and passes over what is none", async (path) => {
  const shop = await createFullShop();

  const twice = await pageOf(shop, path, "limit=1&limit=2");
  const twiceTheSame = await pageOf(shop, path, "limit=5&limit=5");
  const cursors = await pageOf(shop, path, "cursor=&cursor=");
  const unknown = await pageOf(shop, path, "limit=3&page=2&__proto__=x&constructor=1&Limit=1&limit[]=1");

  expect([twice, twiceTheSame].map(fieldsOf)).toEqual(Array(2).fill([400, "invalid_input", ["limit"]]));
  expect(fieldsOf(cursors)).toEqual([400, "invalid_input", ["cursor"]]);
  expect(idsOf(unknown)).toEqual(idsOf(await pageOf(shop, path, "limit=3")));
});

test.each(["/v1/events", "/v1/benefits"])(
  "a cursor of another member's shows nothing of theirs in %s",
  async (path) => {
    const shop = await createFullShop();
    const { tenant, otherBearer } = shop;
    await buy(tenant, otherBearer, "Reward 0");
    const first = await pageOf(shop, path, "limit=2");

    const others = await callApi(tenant, `GET ${path}?cursor=${first.json.page.nextCursor}`, {
      bearer: otherBearer,
    });
    await buy(tenant, shop.bearer, "Reward 0");
    const newest = await pageOf(shop, path, "limit=1");
    const theirs = await callApi(tenant, `GET ${path}?cursor=${newest.json.page.nextCursor}`, {
      bearer: otherBearer,
    });

    expect(others.json).toEqual({ status: "success", data: [], page: { nextCursor: null } });
    expect(theirs.json.data).toHaveLength(1); // its own, which was before
    expect(idsOf(await pageOf(shop, path, ""))).not.toContain(idsOf(theirs)[0]);
  },
);

test("a member's activity is by when it happened, also where it was told later", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop();
  const happened = ["2027-03-09T10:00:00.000Z", "2027-03-10T09:00:00.000Z", "2027-03-08T10:00:00.000Z"];
  for (const occurredAt of happened) await reportAs(tenant, bearer, { type: "VISITED_SHOP", occurredAt });

  const first = await callApi(tenant, "GET /v1/events?limit=2", { bearer });
  const second = await callApi(tenant, `GET /v1/events?limit=2&cursor=${first.json.page.nextCursor}`, {
    bearer,
  });

  const times = [...first.json.data, ...second.json.data].map(({ occurredAt }) => occurredAt);
  expect(times).toEqual(happened.toSorted().toReversed());
});

// --- Events ---

test("a member's event is answered whole, with what it gave and the balance it made, and can be read again", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop({
    rules: [
      ...rules,
      { name: "Second", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 2 }, priority: 5 },
      {
        name: "A gift",
        eventType: "VISITED_SHOP",
        effect: { type: "REWARD", reward: "coffee" },
        priority: -1,
      },
    ],
  });
  const subject = await memberIdOf(tenant);
  const occurredAt = "2027-03-10T11:30:00+02:00";
  const body = {
    type: "VISITED_SHOP",
    payload: { shop: "Leeds", ключ: [1, null] },
    occurredAt,
    externalId: "visit-1",
  };

  const { status, json } = await reportAs(tenant, bearer, body);
  const list = await callApi(tenant, "GET /v1/events", { bearer });
  const one = await callApi(tenant, `GET /v1/events/${json.data.event.id}`, { bearer });
  const gift = await callApi(tenant, `GET /v1/benefits/${json.data.reactions[2].benefitId}`, { bearer });

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      event: {
        ...{ id: uuid, type: "VISITED_SHOP", subject, payload: body.payload },
        ...{ occurredAt: "2027-03-10T09:30:00.000Z", createdAt: "2027-03-10T10:00:00.000Z" },
      },
      reactions: [
        { type: "POINTS", ruleId: uuid, ruleName: "Second", points: 2 },
        { type: "POINTS", ruleId: uuid, ruleName: "A visit", points: 5 },
        { type: "REWARD", ruleId: uuid, ruleName: "A gift", benefitId: expect.any(String) },
      ],
      wallet: { points: 507 },
    },
  });
  expect(list.json).toEqual({ status: "success", data: [json.data.event], page: { nextCursor: null } });
  expect(one.json).toEqual({ status: "success", data: json.data.event });
  expect(gift.json.data).toMatchObject({ reward: { name: "Coffee" }, code: null });
  expect(await pointsOf(tenant, bearer)).toBe(507);
});

test("an event of which no rule knows gives nothing, and has an empty payload where none was sent", async () => {
  const { tenant, otherBearer } = await createShop({ rules: [] });

  const { json } = await reportAs(tenant, otherBearer, { type: "VISITED_SHOP" });

  expect(json.data).toMatchObject({ event: { payload: {} }, reactions: [], wallet: { points: 0 } });
});

test.each(["id", "accountNumber", "authIdentifier"])("a server names its subject by the %s", async (name) => {
  const { tenant, bearer } = await createShop();
  const { json: me } = await callApi(tenant, "GET /v1/users/me", { bearer });

  const body = { type: "PURCHASE", payload: { total: 3 }, subject: me.data[name] };
  const { status, json } = await reportAs(tenant, purchaseSecret, body);

  expect(status).toBe(200);
  expect(json.data).toEqual({
    event: {
      ...{ id: uuid, type: "PURCHASE", subject: me.data.id, payload: { total: 3 } },
      ...{ occurredAt: anyText, createdAt: anyText },
    },
    reactions: [{ type: "POINTS", ruleId: uuid, ruleName: "100 points per euro", points: 300 }],
    wallet: { points: 800 },
  });
  expect(await pointsOf(tenant, bearer)).toBe(800);
});

test.each(["id", "accountNumber", "authIdentifier"])(
  "a member may name itself by the %s, and nobody else",
  async (name) => {
    const { tenant, bearer, otherBearer } = await createShop();
    const { json: me } = await callApi(tenant, "GET /v1/users/me", { bearer });
    const body = { type: "VISITED_SHOP", subject: me.data[name] };

    const own = await reportAs(tenant, bearer, body);
    const others = await reportAs(tenant, otherBearer, body);

    expect(own.json.data.event.subject).toBe(me.data.id);
    expect(others.json).toEqual({ status: "fail", code: "forbidden", message: anyText, data: {} });
    expect(others.status).toBe(403);
    expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(1);
  },
);

test("whether another member is there, a member's report does not tell", async () => {
  const { tenant, bearer } = await createShop();
  const subjects = ["user-2", await memberIdOf(tenant, "user-2"), "nobody", randomUUID(), "1234567"];

  const answers = await Promise.all(
    subjects.map((subject) => reportAs(tenant, bearer, { type: "VISITED_SHOP", subject })),
  );

  expect(answers.map(({ text }) => text)).toEqual(Array(5).fill(answers[0]?.text));
  expect(told(answers[0] as ApiAnswer)).toEqual([403, "forbidden"]);
});

test.each<[string, object, [number, string, string[]]]>([
  ["no subject", { subject: undefined }, [400, "invalid_input", ["subject"]]],
  ["an unknown subject", { subject: "nobody" }, [404, "member_not_found", []]],
  ["an unknown id", { subject: randomUUID() }, [404, "member_not_found", []]],
  ["a subject in other letters", { subject: "USER-1" }, [404, "member_not_found", []]],
  ["an unknown type", { type: "PURCHASES" }, [404, "event_type_not_found", []]],
  ["a type in small letters", { type: "purchase" }, [404, "event_type_not_found", []]],
  ["a type that is not in use any more", { type: "RETIRED" }, [404, "event_type_not_found", []]],
  ["another private type", { type: "RETURNED" }, [403, "event_type_private", []]],
  ["no payload where one is asked for", { payload: undefined }, [400, "invalid_input", ["payload.total"]]],
  [
    "a payload of a wrong kind inside",
    { payload: { total: "3" } },
    [400, "invalid_input", ["payload.total"]],
  ],
  [
    "a long text inside",
    { payload: { total: 3, currency: "EURO" } },
    [400, "invalid_input", ["payload.currency"]],
  ],
  [
    "a wrong payload deep inside",
    { payload: { total: 3, items: [{ sku: 1 }, {}] } },
    [400, "invalid_input", ["payload.items.1.sku"]],
  ],
  [
    "an unknown field deep inside",
    { payload: { total: 3, items: [{ sku: 1, qty: 2 }] } },
    [400, "invalid_input", ["payload.items.0.qty"]],
  ],
])("a server's report with %s is refused, and leaves nothing", async (_what, fields, expected) => {
  const { tenant } = await createShop();
  await db().eventType.updateMany({
    where: { tenantId: tenant.id, name: "RETIRED" },
    data: { isActive: false },
  });
  const before = await countEverything(tenant);
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1", ...fields };

  const answer = await reportAs(tenant, purchaseSecret, body);

  expect(fieldsOf(answer)).toEqual(expected);
  expect(answer.json).toMatchObject({ status: "fail", message: anyText });
  expect(await countEverything(tenant)).toEqual(before);
});

test.each<[string, object, [number, string]]>([
  ["an unknown type", { type: "VISITED" }, [404, "event_type_not_found"]],
  ["a type that is not in use any more", { type: "RETIRED" }, [404, "event_type_not_found"]],
  ["a private type", { type: "PURCHASE", payload: { total: 1 } }, [403, "event_type_private"]],
  [
    "a private type of another member's",
    { type: "PURCHASE", subject: "user-2" },
    [403, "event_type_private"],
  ],
])("a member's report of %s is refused", async (_what, body, expected) => {
  const { tenant, bearer } = await createShop();
  await db().eventType.updateMany({
    where: { tenantId: tenant.id, name: "RETIRED" },
    data: { isActive: false },
  });

  const answer = await reportAs(tenant, bearer, body);

  expect(told(answer)).toEqual(expected);
  expect(answer.json).toEqual({ status: "fail", code: expected[1], message: anyText, data: {} });
  expect(await pointsOf(tenant, bearer)).toBe(500);
});

test.each(Object.keys(intrinsicPayloadFields))("nobody can report a %s: Laurel does", async (type) => {
  const { tenant, bearer } = await createShop();

  const asMember = await reportAs(tenant, bearer, { type });
  const asServer = await reportAs(tenant, purchaseSecret, { type, subject: "user-1" });

  expect(asMember.json).toEqual({ status: "fail", code: "event_type_intrinsic", message: anyText, data: {} });
  expect([asMember, asServer].map(told)).toEqual(Array(2).fill([403, "event_type_intrinsic"]));
});

test("the intrinsic types are the contract's and those that Laurel writes", () => {
  expect(Object.keys(intrinsicPayloadFields).sort()).toEqual(
    [
      ...["REGISTERED_ACCOUNT", "PROFILE_UPDATED", "PURCHASED_REWARD", "REDEEMED_VOUCHER"],
      ...["BURNED_VOUCHER", "POINTS_ADJUSTED", "POINTS_EXPIRED"],
    ].sort(),
  );
});

test.each<[string, (tenant: ApiTenant) => string]>([
  ["is nobody's", () => "a-secret-that-no-event-type-has-and-is-long"],
  ["has a letter more", () => `${purchaseSecret}x`],
  ["has a letter less", () => purchaseSecret.slice(0, -1)],
  ["is in capitals", () => purchaseSecret.toUpperCase()],
  ["is the API key", ({ apiKey }) => apiKey],
  ["is the client id", ({ clientId }) => clientId],
])("a secret that %s reports nothing", async (_what, secretOf) => {
  const { tenant } = await createShop();
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1" };

  const single = await reportAs(tenant, secretOf(tenant), body);
  const batch = await callApi(tenant, "POST /v1/events/batch", {
    bearer: secretOf(tenant),
    body: { events: [body] },
  });

  expect([single, batch].map(told)).toEqual(Array(2).fill([401, "token_invalid"]));
  expect(single.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("a secret of another programme's type is no secret here", async () => {
  const [shop, other] = [
    await createShop(),
    await createShop({
      eventTypes: [{ name: "PURCHASE", private: true, secret: otherSecret.replace("a", "b") }],
      rules: [],
    }),
  ];
  const body = { type: "PURCHASE", subject: "user-1", payload: { total: 1 } };

  expect(told(await reportAs(shop.tenant, otherSecret.replace("a", "b"), body))).toEqual([
    401,
    "token_invalid",
  ]);
  expect((await reportAs(other.tenant, otherSecret.replace("a", "b"), body)).status).toBe(200);
});

test("nobody reports an event of a restricted member, or of one who has left", async () => {
  const { tenant, bearer } = await createShop();
  const [restricted, left] = [await memberIdOf(tenant), await memberIdOf(tenant, "user-2")];
  await restrictMember(tenant.id, restricted as never, true);
  await eraseMember(tenant.id, left as never);
  const body = { type: "PURCHASE", payload: { total: 3 } };

  const answers = [
    await reportAs(tenant, bearer, { type: "VISITED_SHOP" }),
    await reportAs(tenant, purchaseSecret, { ...body, subject: "user-1" }),
    await reportAs(tenant, purchaseSecret, { ...body, subject: left }),
    await reportAs(tenant, purchaseSecret, { ...body, subject: "user-2" }),
  ];

  expect(answers.map(told)).toEqual([
    [403, "member_restricted"],
    [403, "member_restricted"],
    [404, "member_not_found"],
    [404, "member_not_found"],
  ]);
});

const millisecondsPerDay = 86_400_000;
const at = (milliseconds: number) => new Date(start.getTime() + milliseconds).toISOString();

test.each<[string, unknown, boolean]>([
  ["5 minutes ahead", at(300_000), true],
  ["5 minutes and a millisecond ahead", at(300_001), false],
  ["400 days back", at(-400 * millisecondsPerDay), true],
  ["400 days and a millisecond back", at(-400 * millisecondsPerDay - 1), false],
  ["in the year 0", "0000-01-01T00:00:00Z", false],
  ["in the year 9999", "9999-12-31T23:59:59.999Z", false],
  ["with an offset", "2027-03-10T23:00:00.000+14:00", true],
  ["with microseconds", "2027-03-10T09:00:00.123456Z", true],
  ["without an offset", "2027-03-10T10:00:00", false],
  ["as a date", "2027-03-10", false],
  ["on a day that there is not", "2027-02-29T00:00:00Z", false],
  ["in a leap second", "2026-12-31T23:59:60Z", false],
  ["in words", "yesterday", false],
  ["with a space", " 2027-03-10T10:00:00Z", false],
  ["with a NUL", "2027-03-10T10:00:00Z\0", false],
  ["as an empty text", "", false],
  ["as a number", start.getTime(), false],
  ["as null", null, false],
  ["as a list", [at(0)], false],
])("an event %s is taken: %#", async (_what, occurredAt, isTaken) => {
  stopTheClock();
  const { tenant, bearer } = await createShop();

  const answer = await reportAs(tenant, bearer, { type: "VISITED_SHOP", occurredAt });

  expect(fieldsOf(answer)).toEqual(isTaken ? [200, undefined, []] : [400, "invalid_input", ["occurredAt"]]);
  const expected = isTaken ? new Date(occurredAt as string).toISOString() : undefined;
  expect(answer.json.data.event?.occurredAt).toBe(expected);
});

test("an externalId that comes again is answered with the first event, and gives nothing more", async () => {
  const { tenant, bearer } = await createShop();
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1", externalId: "order-1" };
  const first = await reportAs(tenant, purchaseSecret, body);
  await reportAs(tenant, bearer, { type: "VISITED_SHOP" });

  const again = await reportAs(tenant, purchaseSecret, { ...body, payload: { total: 99 } });

  expect(first.json.data.replayed).toBeUndefined();
  expect(again.json).toEqual({
    status: "success",
    data: { ...first.json.data, wallet: { points: 805 }, replayed: true },
  });
  expect(again.headers.get("idempotency-replayed")).toBeNull();
  expect(await pointsOf(tenant, bearer)).toBe(805);
});

test("an externalId of another member's event is refused; in another programme it is free", async () => {
  const [{ tenant, otherBearer }, other] = [await createShop(), await createShop()];
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1", externalId: "order-1" };
  await reportAs(tenant, purchaseSecret, body);

  const taken = await reportAs(tenant, purchaseSecret, { ...body, subject: "user-2" });
  const elsewhere = await reportAs(other.tenant, purchaseSecret, body);

  expect(taken.json).toEqual({ status: "fail", code: "external_id_taken", message: anyText, data: {} });
  expect(taken.status).toBe(409);
  expect(await pointsOf(tenant, otherBearer)).toBe(0);
  expect(elsewhere.json.data).toMatchObject({ wallet: { points: 800 } });
  expect(elsewhere.json.data.replayed).toBeUndefined();
});

test("twenty reports of one externalId at once are one event", async () => {
  const { tenant, bearer } = await createShop();
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1", externalId: "order-1" };

  const answers = await Promise.all(Array.from({ length: 20 }, () => reportAs(tenant, purchaseSecret, body)));

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(new Set(answers.map(({ json }) => json.data.event.id)).size).toBe(1);
  expect(answers.filter(({ json }) => !json.data.replayed)).toHaveLength(1);
  expect(await pointsOf(tenant, bearer)).toBe(800);
});

const wrongTexts: [string, unknown][] = [
  ["a NUL", "a\0b"],
  ["a line feed", "a\nb"],
  ["a C1 control", "a\u0085b"],
  ["a lone surrogate", "a\ud800"],
  ["64 KB", "x".repeat(60_000)],
  ["nothing", ""],
  ["a number", 5],
  ["null", null],
  ["a list", ["a"]],
  ["an object", { $gt: "" }],
  ["true", true],
];

test.each(["type", "subject", "externalId", "occurredAt"])(
  "an event whose %s is no text, empty, huge, or holds what no text may hold is refused by name",
  async (field) => {
    const { tenant } = await createShop();
    const event = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1" };

    const answers = await Promise.all(
      wrongTexts.map(([, value]) => reportAs(tenant, purchaseSecret, { ...event, [field]: value })),
    );

    expect(answers.map(fieldsOf)).toEqual(wrongTexts.map(() => [400, "invalid_input", [field]]));
    expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
  },
);

test.each([
  ["subject", " user-1"],
  ["subject", "user-1\u2003"],
  ["subject", "🙂".repeat(513)],
  ["externalId", "order-1 "],
  ["externalId", "\u00a0order-1"],
  ["externalId", "🙂".repeat(257)],
  ["type", "X".repeat(65)],
])("an event's %s as in %j is refused, not trimmed or cut", async (field, value) => {
  const { tenant } = await createShop();
  const body = { type: "PURCHASE", payload: { total: 3 }, subject: "user-1", [field]: value };

  expect(fieldsOf(await reportAs(tenant, purchaseSecret, body))).toEqual([400, "invalid_input", [field]]);
});

test("the longest identifiers are taken, counted in code points", async () => {
  const authIdentifier = "🙂".repeat(512);
  const { tenant } = await createShop({ members: [...members, { authIdentifier, profile }] });
  const body = {
    type: "PURCHASE",
    payload: { total: 3 },
    subject: authIdentifier,
    externalId: "🙃".repeat(256),
  };

  const first = await reportAs(tenant, purchaseSecret, body);
  const again = await reportAs(tenant, purchaseSecret, body);

  expect(first.json.data.event.subject).toBe(await memberIdOf(tenant, authIdentifier));
  expect(again.json.data).toEqual({ ...first.json.data, replayed: true });
});

test.each<[string, string, [number, string, string[]]]>([
  ["an unknown field", '"points":5', [400, "invalid_input", ["points"]]],
  ["__proto__", '"__proto__":{"type":"PURCHASE"}', [400, "invalid_input", ["__proto__"]]],
  ["constructor", '"constructor":{"prototype":{"x":1}}', [400, "invalid_input", ["constructor"]]],
  ["a payload of null", '"payload":null', [400, "invalid_input", ["payload"]]],
  ["a payload that is a list", '"payload":[]', [400, "invalid_input", ["payload"]]],
  ["a payload that is a text", '"payload":"{}"', [400, "invalid_input", ["payload"]]],
  ["a payload that is a number", '"payload":1', [400, "invalid_input", ["payload"]]],
  ["a NUL in the payload", '"payload":{"a":{"b":["x\\u0000"]}}', [400, "invalid_input", ["payload"]]],
  ["a NUL in a name", '"payload":{"a\\u0000":1}', [400, "invalid_input", ["payload"]]],
  ["a lone surrogate", '"payload":{"a":"\\ud83d"}', [400, "invalid_input", ["payload"]]],
  ["a lone surrogate in a name", '"payload":{"a":{"\\udc00":1}}', [400, "invalid_input", ["payload"]]],
  ["__proto__ in the payload", '"payload":{"__proto__":{"x":1}}', [400, "invalid_input", ["payload"]]],
  ["__proto__ deep down", '"payload":{"a":[{"b":{"__proto__":null}}]}', [400, "invalid_input", ["payload"]]],
  ["constructor in the payload", '"payload":{"a":{"constructor":1}}', [400, "invalid_input", ["payload"]]],
  ["prototype in the payload", '"payload":{"prototype":1}', [400, "invalid_input", ["payload"]]],
  ["a number of 2^53", '"payload":{"n":9007199254740992}', [400, "invalid_input", ["payload"]]],
  ["a number of 2^53 + 1", '"payload":{"n":[9007199254740993]}', [400, "invalid_input", ["payload"]]],
  ["a number of −2^53", '"payload":{"a":{"n":-9007199254740992}}', [400, "invalid_input", ["payload"]]],
  ["a number of 1e400", '"payload":{"n":1e400}', [400, "invalid_input", ["payload"]]],
  ["a depth of 33", `"payload":${'{"a":'.repeat(31)}{}${"}".repeat(31)}`, [400, "invalid_json", []]],
  ["a depth of 100,000", `"payload":{"a":${"[".repeat(30_000)}`, [400, "invalid_json", []]],
  ["lists to a depth of 33", `"payload":{"a":${"[".repeat(31)}${"]".repeat(31)}}`, [400, "invalid_json", []]],
  ["a key twice", '"payload":{"a":1,"a":2}', [400, "invalid_json", []]],
  ["the type twice", '"type":"RETIRED"', [400, "invalid_json", []]],
  ["broken JSON", '"payload":{,}', [400, "invalid_json", []]],
  ["more than 64 KiB", `"payload":{"a":"${"x".repeat(65_536)}"}`, [413, "body_too_large", []]],
])("an event with %s is refused, and leaves nothing", async (_what, field, expected) => {
  const { tenant, bearer } = await createShop();

  const answer = await reportAs(tenant, bearer, `{"type":"VISITED_SHOP",${field}}`);

  expect(fieldsOf(answer)).toEqual(expected);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test.each<[string, string]>([
  ["a depth of 32", `${'{"a":'.repeat(30)}{}${"}".repeat(30)}`],
  ["numbers to 2^53 − 1", '{"n":[9007199254740991,-9007199254740991,1e-7,0.1,1e-20,-0.5]}'],
  ["a text of 60,000 characters", `{"a":"${"é".repeat(30_000)}"}`],
  [
    "texts of every kind",
    '{"":"","a b":"=cmd|","\\"":"<script>","שלום":"\\u202e🙂’","toString":"x","a.b":{"0":1}}',
  ],
])("a payload with %s comes back as it was sent", async (_what, payload) => {
  const { tenant, bearer } = await createShop();

  const { json } = await reportAs(tenant, bearer, `{"type":"VISITED_SHOP","payload":${payload}}`);
  const read = await callApi(tenant, `GET /v1/events/${json.data.event.id}`, { bearer });

  expect(json.data.event.payload).toEqual(JSON.parse(payload));
  expect(read.json.data).toEqual(json.data.event);
});

test.each([
  [4.35, 435],
  [1.1, 110],
  [0.29, 29],
  [8.2, 820],
  [19.99, 1999],
  [1.005, 100],
  [0.57, 57],
  [10_000_000_000.01, 1_000_000_000_001],
])("100 points for each of %s are %s, to the last one", async (total, points) => {
  const { tenant, bearer } = await createShop();

  const { json } = await reportAs(tenant, purchaseSecret, {
    ...{ type: "PURCHASE", payload: { total }, subject: "user-1" },
  });

  expect(json.data.reactions[0].points).toBe(points);
  expect(json.data.wallet.points).toBe(500 + points);
  expect(await pointsOf(tenant, bearer)).toBe(500 + points);
});

test("points beyond 2^53 − 1 are refused, at once and as a sum, and nothing is kept", async () => {
  const { tenant, bearer } = await createShop();
  const body = (total: number) => ({ type: "PURCHASE", payload: { total }, subject: "user-1" });

  const atOnce = await reportAs(tenant, purchaseSecret, body(90071992547410));
  const asSum = await reportAs(tenant, purchaseSecret, body(90071992547405));

  expect(fieldsOf(atOnce)).toEqual([400, "invalid_input", ["payload"]]);
  expect(fieldsOf(asSum)).toEqual([400, "invalid_input", ["points"]]);
  expect(await pointsOf(tenant, bearer)).toBe(500);
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("every report's balance is the one that is read next", async () => {
  const { tenant, bearer } = await createShop();

  for (const total of [0.01, 0, 12.5, -3, 1]) {
    const { json } = await reportAs(tenant, purchaseSecret, {
      type: "PURCHASE",
      payload: { total },
      subject: "user-1",
    });
    expect(await pointsOf(tenant, bearer)).toBe(json.data.wallet.points);
  }

  expect(await pointsOf(tenant, bearer)).toBe(500 + 1 + 1250 + 100);
});

test("another member's event and benefit are answered like those that are not there", async () => {
  const { tenant, bearer, otherBearer } = await createShop();
  const event = (await reportAs(tenant, bearer, { type: "VISITED_SHOP" })).json.data.event;
  const benefit = await buy(tenant, bearer);

  for (const [path, id, code] of [
    ["/v1/events", event.id, "not_found"],
    ["/v1/benefits", benefit.id, "benefit_not_found"],
  ]) {
    const nobodys = randomUUID();
    const others = facesOf(await callApi(tenant, `GET ${path}/${id}`, { bearer: otherBearer }), id);
    const nothing = facesOf(
      await callApi(tenant, `GET ${path}/${nobodys}`, { bearer: otherBearer }),
      nobodys,
    );

    expect(others).toEqual(nothing);
    expect(nothing).toMatchObject({ status: 404, text: expect.stringContaining(`"${code}"`) });
  }
});

// --- Batches ---

function reportBatch(tenant: ApiTenant, bearer: string, events: unknown) {
  return callApi(tenant, "POST /v1/events/batch", { bearer, body: { events } });
}

test("a batch is answered in its order, each refusal by its index, and the others stand", async () => {
  const { tenant, bearer, otherBearer } = await createShop();
  const good = { type: "PURCHASE", payload: { total: 1 }, subject: "user-1" };
  await restrictMember(tenant.id, (await memberIdOf(tenant, "user-2")) as never, true);
  const known = (await reportAs(tenant, purchaseSecret, { ...good, externalId: "order-0" })).json.data.event
    .id;

  const { status, json } = await reportBatch(tenant, purchaseSecret, [
    good,
    { ...good, subject: undefined },
    { ...good, subject: "nobody" },
    { ...good, subject: "user-2" },
    { ...good, type: "RETURNED" },
    { ...good, type: "PURCHASED_REWARD" },
    { ...good, type: "NOTHING" },
    { ...good, payload: { total: "1" } },
    { ...good, occurredAt: "yesterday", points: 5 },
    { ...good, externalId: "order-0" },
    null,
    "x",
    [],
    good,
  ]);

  const refused = (index: number, code: string, message: unknown = anyText) => ({ index, code, message });
  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      results: [
        { index: 0, eventId: uuid },
        refused(1, "invalid_input", expect.stringMatching(/^subject: ./)),
        refused(2, "member_not_found"),
        refused(3, "member_restricted"),
        refused(4, "event_type_private"),
        refused(5, "event_type_intrinsic"),
        refused(6, "event_type_not_found"),
        refused(7, "invalid_input", expect.stringMatching(/^payload\.total: ./)),
        refused(8, "invalid_input", expect.stringMatching(/^occurredAt: .* points: ./)),
        { index: 9, eventId: known },
        refused(10, "invalid_input"),
        refused(11, "invalid_input"),
        refused(12, "invalid_input"),
        { index: 13, eventId: uuid },
      ],
    },
  });
  expect(await pointsOf(tenant, bearer)).toBe(800);
  expect(otherBearer).toEqual(expect.any(String));
});

test("a limit counts the events of a batch in their order", async () => {
  const limited = { ...rules[0], limits: { perMember: { times: 2, period: "EVER" } } };
  const { tenant, bearer } = await createShop({ rules: [limited] });
  const events = [1, 20, 300, 4000].map((total) => ({
    type: "PURCHASE",
    payload: { total },
    subject: "user-1",
  }));

  const { json } = await reportBatch(tenant, purchaseSecret, events);

  const ids = json.data.results.map(({ eventId }: { eventId: string }) => eventId);
  expect(await pointsOf(tenant, bearer)).toBe(500 + 100 + 2000);
  expect(new Set(ids).size).toBe(4);
  const { json: list } = await callApi(tenant, "GET /v1/events", { bearer });
  expect(list.data.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
});

test("a batch has 1 to 500 events, and may be longer than 64 KiB", async () => {
  const { tenant, bearer } = await createShop();
  const event = { type: "PURCHASE", payload: { total: 0.01, note: "x".repeat(300) }, subject: "user-1" };
  const many = Array.from({ length: 500 }, () => event);

  const full = await reportBatch(tenant, purchaseSecret, many);
  const over = await reportBatch(tenant, purchaseSecret, [...many, event]);
  const none = await reportBatch(tenant, purchaseSecret, []);

  expect(JSON.stringify({ events: many }).length).toBeGreaterThan(2 * 65_536);
  expect(full.json.data.results).toEqual(many.map((_, index) => ({ index, eventId: uuid })));
  expect([over, none].map(fieldsOf)).toEqual(Array(2).fill([400, "invalid_input", ["events"]]));
  expect(await pointsOf(tenant, bearer)).toBe(1000);
}, 120_000);

test.each<[string, unknown, [number, string, string[]]]>([
  ["over 1 MiB", { events: ["x".repeat(1_048_576)] }, [413, "body_too_large", []]],
  ["that is a list", "[]", [400, "invalid_json", []]],
  ["without events", {}, [400, "invalid_input", ["events"]]],
  ["whose events are no list", { events: { 0: {} } }, [400, "invalid_input", ["events"]]],
  ["with a field more", { events: [{}], subject: "user-1" }, [400, "invalid_input", ["subject"]]],
  ["with a depth of 33", `{"events":[${"[".repeat(31)}${"]".repeat(31)}]}`, [400, "invalid_json", []]],
])("a batch %s is refused whole", async (_what, body, expected) => {
  const { tenant } = await createShop();

  const answer = await callApi(tenant, "POST /v1/events/batch", { bearer: purchaseSecret, body });

  expect(fieldsOf(answer)).toEqual(expected);
});

test("a batch just under 1 MiB is read", async () => {
  const { tenant } = await createShop();

  const { status, json } = await reportBatch(tenant, purchaseSecret, ["x".repeat(1_048_576 - 20)]);

  expect([status, json.data.results[0].code]).toEqual([200, "invalid_input"]);
});

test("a batch is not for members", async () => {
  const { tenant, bearer } = await createShop();

  const answer = await reportBatch(tenant, bearer, [{ type: "VISITED_SHOP", subject: "user-1" }]);

  expect(told(answer)).toEqual([403, "admin_required"]);
  expect(await pointsOf(tenant, bearer)).toBe(500);
});

test("hostile texts in a batch's events are refused one by one", async () => {
  const { tenant } = await createShop();
  const texts = wrongTexts.filter(([what]) => what !== "64 KB").map(([, value]) => value);
  const events = ["type", "subject", "externalId", "occurredAt"].flatMap((field) =>
    texts.map((value) => ({ type: "PURCHASE", payload: { total: 1 }, subject: "user-1", [field]: value })),
  );

  const { json } = await reportBatch(tenant, purchaseSecret, events);

  expect(json.data.results.map(({ code }: { code: string }) => code)).toEqual(
    events.map(() => "invalid_input"),
  );
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

// --- Buying, redeeming, the till ---

test("a purchase is answered with the benefit, its code hidden, and the new balance", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop(shelf);
  const rewardId = await rewardIdOf(tenant, "cake");
  const body = { rewardId, comment: "For Zoë 🙂" };

  const { status, json } = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body });
  const read = await callApi(tenant, `GET /v1/benefits/${json.data.benefit.id}`, { bearer });
  const list = await callApi(tenant, "GET /v1/benefits", { bearer });

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: {
      benefit: {
        ...{ id: uuid, type: "VOUCHER", createdAt: "2027-03-10T10:00:00.000Z", redeemedAt: null },
        ...{ expiresAt: "2027-04-09T10:00:00.000Z", burnedAt: null, code: null },
        reward: { ...cake, stockRemaining: 2 },
      },
      wallet: { points: 350 },
    },
  });
  expect(read.json).toEqual({ status: "success", data: json.data.benefit });
  expect(list.json).toEqual({ status: "success", data: [json.data.benefit], page: { nextCursor: null } });
  expect(JSON.stringify([json, read.json, list.json])).not.toContain("A-1");
  expect(await pointsOf(tenant, bearer)).toBe(350);
});

test.each<[string, object, number, string, object]>([
  [
    "costs more than there is",
    { price: 501 },
    409,
    "points_insufficient",
    { balancePoints: 500, costPoints: 501 },
  ],
  ["is sold out", { stock: 1 }, 409, "reward_out_of_stock", {}],
  ["the member had as often as one may", { perMemberLimit: 1 }, 409, "reward_limit_reached", {}],
  ["is for a higher tier", { tier: "Gold" }, 403, "reward_not_available", {}],
  ["is to come", { availability: { start: "2027-03-10T10:00:00.001Z" } }, 403, "reward_not_available", {}],
  ["has ended", { availability: { end: "2027-03-10T10:00:00.000Z" } }, 403, "reward_not_available", {}],
])("a reward that %s is not sold", async (_what, gate, status, code, data) => {
  stopTheClock();
  const { tenant, bearer, rewardId } = await createGatedShop(gate);
  const before = await countEverything(tenant);

  const answer = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } });

  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({ status: "fail", code, message: anyText, data });
  expect(await countEverything(tenant)).toEqual(before);
  expect(await pointsOf(tenant, bearer)).toBe(500);
});

test("a reward that is not there, was archived, or is no id at all is not found", async () => {
  const { tenant, bearer } = await createShop();
  const archived = await rewardIdOf(tenant, "coffee");
  await db().reward.updateMany({ where: { id: archived }, data: { archivedAt: start } });
  const ids = [randomUUID(), archived, "coffee", "0", "' OR 1=1"];

  const answers = await Promise.all(
    ids.map((rewardId) =>
      callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } }),
    ),
  );

  expect(answers.map(({ status, json }) => [status, json])).toEqual(
    ids.map(() => [404, { status: "fail", code: "reward_not_found", message: anyText, data: {} }]),
  );
});

test.each([
  ["purchase_reward", "rewardId"],
  ["redeem_benefit", "benefitId"],
])("%s takes nothing but a text for its %s, and no field that it does not know", async (command, field) => {
  const { tenant, bearer } = await createShop();
  const values = [undefined, ...wrongTexts.map(([, value]) => value), "x".repeat(65)];

  const answers = await Promise.all(
    values.map((value) =>
      callApi(tenant, `POST /v1/commands/${command}`, { bearer, body: { [field]: value } }),
    ),
  );
  const unknown = await callApi(tenant, `POST /v1/commands/${command}`, {
    bearer,
    body: { [field]: randomUUID(), memberId: randomUUID() },
  });
  const prototype = await callApi(tenant, `POST /v1/commands/${command}`, {
    bearer,
    body: `{"${field}":"x","__proto__":{"price":0}}`,
  });

  expect(answers.map(fieldsOf)).toEqual(values.map(() => [400, "invalid_input", [field]]));
  expect(fieldsOf(unknown)).toEqual([400, "invalid_input", ["memberId"]]);
  expect(fieldsOf(prototype)).toEqual([400, "invalid_input", ["__proto__"]]);
});

test("a comment is a line of up to 280 characters", async () => {
  const { tenant, bearer } = await createShop({ rewards: [{ ...coffee, price: 0 }] });
  const rewardId = await rewardIdOf(tenant, "coffee");
  const say = (comment: unknown) =>
    callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId, comment } });

  const right = await Promise.all(["", "🙂".repeat(280)].map(say));
  const wrong = await Promise.all(["🙂".repeat(281), "a\0", "a\nb", "\ud800", 5, null, ["a"], {}].map(say));

  expect(right.map(({ status }) => status)).toEqual([200, 200]);
  expect(wrong.map(fieldsOf)).toEqual(Array(8).fill([400, "invalid_input", ["comment"]]));
  const kept = await db().benefit.findMany({ where: { tenantId: tenant.id }, select: { comment: true } });
  expect(kept.map(({ comment }) => comment).sort()).toEqual(["", "🙂".repeat(280)]);
});

test("of twenty purchases at once with points for one, one succeeds", async () => {
  const { tenant, bearer } = await createShop({ rewards: [{ ...coffee, price: 300 }] });
  const rewardId = await rewardIdOf(tenant, "coffee");

  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } }),
    ),
  );

  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.map(({ status, json }) => [status, json.code, json.data])).toEqual(
    Array(19).fill([409, "points_insufficient", { balancePoints: 200, costPoints: 300 }]),
  );
  expect(await pointsOf(tenant, bearer)).toBe(200);
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("of twenty members at once one gets the last one in stock, and the others keep their points", async () => {
  const many = Array.from({ length: 20 }, (_, index) => ({
    authIdentifier: `user-${index}`,
    profile,
    points: 150,
  }));
  const { tenant } = await createShop({ members: many, rewards: [{ ...coffee, stock: 1 }] });
  const rewardId = await rewardIdOf(tenant, "coffee");
  const bearers = await Promise.all(many.map(({ authIdentifier: sub }) => signFor(tenant, { sub })));

  const answers = await Promise.all(
    bearers.map((bearer) =>
      callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } }),
    ),
  );

  const points = await Promise.all(bearers.map((bearer) => pointsOf(tenant, bearer)));
  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(19).fill([409, "reward_out_of_stock"]),
  );
  expect(points.toSorted()).toEqual([0, ...Array(19).fill(150)]);
  expect((await callApi(tenant, `GET /v1/rewards/${rewardId}`)).json.data.stockRemaining).toBe(0);
  expect(await checkLaws()).toEqual([]);
});

test("redeeming shows the code, there and from then on, and happens once", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop(shelf);
  const benefit = await buy(tenant, bearer, "cake");
  moveTo(1);
  const token = await signFor(tenant);

  const { status, json } = await redeem(tenant, token, benefit.id);
  const again = await redeem(tenant, token, benefit.id);
  const read = await callApi(tenant, `GET /v1/benefits/${benefit.id}`, { bearer: token });

  expect(status).toBe(200);
  expect(json).toEqual({
    status: "success",
    data: { ...benefit, redeemedAt: "2027-03-11T10:00:00.000Z", code: { value: "A-1", validatedAt: null } },
  });
  expect(read.json).toEqual(json);
  expect(again.status).toBe(409);
  expect(again.json).toEqual({
    status: "fail",
    code: "benefit_already_redeemed",
    message: anyText,
    data: {},
  });
});

test("of twenty redemptions at once one succeeds", async () => {
  const { tenant, bearer } = await createShop();
  const { id } = await buy(tenant, bearer);

  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(tenant, bearer, id)));

  expect(answers.map(told).filter(([status]) => status !== 200)).toEqual(
    Array(19).fill([409, "benefit_already_redeemed"]),
  );
});

test("an offer without a code is redeemed without one", async () => {
  const { tenant, bearer } = await createShop(shelf);
  const { id } = await buy(tenant, bearer, "advice");

  const { json } = await redeem(tenant, bearer, id);

  expect(json.data).toMatchObject({
    type: "GENERIC_OFFER",
    code: null,
    redeemedAt: anyText,
    expiresAt: null,
  });
});

test("an expired benefit, another member's and a cancelled one are not redeemed", async () => {
  stopTheClock();
  const { tenant, bearer, otherBearer } = await createShop({ rewards: [{ ...coffee, validForDays: 1 }] });
  const [expired, foreign] = [await buy(tenant, bearer), await buy(tenant, bearer)];
  const foreignAnswer = await redeem(tenant, otherBearer, foreign.id);
  const foreignRead = await callApi(tenant, `GET /v1/benefits/${foreign.id}`, { bearer: otherBearer });
  await cancelBenefit({ tenantId: tenant.id, benefitId: foreign.id, comment: "Oh.", key: null });
  const cancelled = await redeem(tenant, bearer, foreign.id);
  const cancelledRead = await callApi(tenant, `GET /v1/benefits/${foreign.id}`, { bearer });
  moveTo(1);

  const answer = await redeem(tenant, await signFor(tenant), expired.id);

  expect(answer.json).toEqual({ status: "fail", code: "benefit_expired", message: anyText, data: {} });
  expect([answer, foreignAnswer, foreignRead, cancelled, cancelledRead].map(told)).toEqual([
    [409, "benefit_expired"],
    ...Array(4).fill([404, "benefit_not_found"]),
  ]);
  expect(foreignAnswer.text).toBe((await redeem(tenant, await signFor(tenant), randomUUID())).text);
});

test("redeemable=true shows only what waits to be redeemed", async () => {
  stopTheClock();
  const rewards = [
    { ...coffee, price: 0 },
    { ...coffee, externalId: "tea", price: 0, validForDays: 1 },
    { ...coffee, externalId: "pie", price: 0, code: undefined, codes: ["P-1"] },
  ];
  const { tenant, bearer } = await createShop({ rewards });
  const names = ["coffee", "tea", "pie", "coffee"];
  const bought: string[] = [];
  for (const [number, name] of names.entries()) {
    moveTo(0, number);
    bought.push((await buy(tenant, bearer, name)).id);
  }
  const [waiting, expired, burned, redeemed] = bought as [string, string, string, string];
  await redeem(tenant, bearer, redeemed);
  await validate(tenant, { code: "P-1" });
  moveTo(1, 1);
  const token = await signFor(tenant);
  const list = (query: string) => callApi(tenant, `GET /v1/benefits?${query}`, { bearer: token });

  const [only, all, plain] = [await list("redeemable=true"), await list("redeemable=false"), await list("")];
  const wrong = await Promise.all(
    ["redeemable=", "redeemable=1", "redeemable=TRUE", "redeemable=maybe"].map(list),
  );
  const twice = await list("redeemable=true&redeemable=false");

  expect(idsOf(only)).toEqual([waiting]);
  expect(idsOf(all)).toEqual([redeemed, burned, expired, waiting]);
  expect(plain.text).toBe(all.text);
  expect([...wrong, twice].map(fieldsOf)).toEqual(Array(5).fill([400, "invalid_input", ["redeemable"]]));
});

test("pages of what can be redeemed have no holes", async () => {
  const { tenant, bearer } = await createShop({ rewards: [{ ...coffee, price: 0 }] });
  const bought: string[] = [];
  for (let number = 0; number < 5; number++) bought.push((await buy(tenant, bearer)).id);
  await redeem(tenant, bearer, bought[2] as string);
  await redeem(tenant, bearer, bought[4] as string);

  const first = await callApi(tenant, "GET /v1/benefits?redeemable=true&limit=2", { bearer });
  const cursor = first.json.page.nextCursor;
  const second = await callApi(tenant, `GET /v1/benefits?redeemable=true&limit=2&cursor=${cursor}`, {
    bearer,
  });

  expect([...idsOf(first), ...idsOf(second)]).toEqual([bought[3], bought[1], bought[0]]);
  expect([idsOf(first).length, second.json.page.nextCursor]).toEqual([2, null]);
});

const pie = { externalId: "pie", name: "Pie", type: "VOUCHER", price: 100, codes: ["P-1", "P-2"] };

test("a till looks at a code without using it up, then uses it up, once", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop({ rewards: [pie] });
  const benefit = await buy(tenant, bearer, "pie");
  moveTo(0, 1);

  const look = await validate(tenant, { code: "P-1", allowFutureValidation: true });
  moveTo(0, 2);
  const burn = await validate(tenant, { code: "P-1", allowFutureValidation: false });
  const again = await validate(tenant, { code: "P-1" });
  const lookAgain = await validate(tenant, { code: "P-1", allowFutureValidation: true });
  const read = await callApi(tenant, `GET /v1/benefits/${benefit.id}`, { bearer });

  const seenAt = "2027-03-10T10:00:00.001Z";
  const burnedAt = "2027-03-10T10:00:00.002Z";
  expect(look.status).toBe(200);
  expect(look.json).toEqual({ status: "success", data: benefit });
  expect(burn.json).toEqual({
    status: "success",
    data: { ...benefit, redeemedAt: burnedAt, burnedAt, code: { value: "P-1", validatedAt: seenAt } },
  });
  expect(read.json).toEqual(burn.json);
  expect(again.json).toEqual({ status: "fail", code: "voucher_already_used", message: anyText, data: {} });
  expect([again, lookAgain].map(told)).toEqual(Array(2).fill([409, "voucher_already_used"]));
});

test("who may use codes up: a till's key, whoever calls with it; no other key, server or member", async () => {
  const { tenant, bearer } = await createShop({ rewards: [{ ...pie, codes: ["P-1", "P-2", "P-3"] }] });
  for (const _ of [1, 2, 3]) await buy(tenant, bearer, "pie");
  const { apiKey, tillKey } = tenant;
  const body = { code: "P-1" };

  const refused = [
    await validate(tenant, body, { key: apiKey }),
    await validate(tenant, body, { key: apiKey, bearer }),
    await validate(tenant, body, { key: apiKey, bearer: purchaseSecret }),
    await validate(tenant, body, { key: apiKey, bearer: "admin" }),
    await validate(tenant, body, { key: tillKey, bearer: "junk" }),
  ];
  const taken = [
    await validate(tenant, body, { key: tillKey }),
    await validate(tenant, { code: "P-2" }, { key: tillKey, bearer }),
  ];

  expect(refused.map(told)).toEqual([
    [401, "token_missing"],
    [403, "admin_required"],
    ...Array(3).fill([401, "token_invalid"]),
  ]);
  expect(taken.map(({ status, json }) => [status, json.data.burnedAt])).toEqual(
    Array(2).fill([200, anyText]),
  );
});

test("a code that is unknown, unsold, everybody's or cancelled is not found", async () => {
  const { tenant, bearer } = await createShop({ rewards: [pie, coffee] });
  await buy(tenant, bearer); // with the static code FREE
  const { id } = await buy(tenant, bearer, "pie");
  await redeem(tenant, bearer, id); // seen, so that it does not go back to the pool
  await cancelBenefit({ tenantId: tenant.id, benefitId: id, comment: "Oh.", key: null });
  const codes = ["NOTHING", "P-2", "FREE", "P-1", "p-1", "' OR ''='"];

  const answers = await Promise.all(codes.map((code) => validate(tenant, { code })));

  expect(answers.map(({ status, json }) => [status, json])).toEqual(
    codes.map(() => [404, { status: "fail", code: "benefit_not_found", message: anyText, data: {} }]),
  );
});

test("a code past its time, or of a restricted member, is not taken, and stays unused", async () => {
  stopTheClock();
  const { tenant, bearer } = await createShop({ rewards: [{ ...pie, validForDays: 1 }] });
  const { id } = await buy(tenant, bearer, "pie");
  await restrictMember(tenant.id, (await memberIdOf(tenant)) as never, true);
  const restricted = await validate(tenant, { code: "P-1" });
  await restrictMember(tenant.id, (await memberIdOf(tenant)) as never, false);
  moveTo(1);

  const expired = await validate(tenant, { code: "P-1" });

  expect(restricted.json).toEqual({ status: "fail", code: "member_restricted", message: anyText, data: {} });
  expect(expired.json).toEqual({ status: "fail", code: "benefit_expired", message: anyText, data: {} });
  expect([restricted.status, expired.status]).toEqual([403, 409]);
  expect(await db().benefit.findFirst({ where: { id } })).toMatchObject({ burnedAt: null, redeemedAt: null });
});

test.each<[string, object, string[]]>([
  ...wrongTexts.map(([what, code]): [string, object, string[]] => [`a code of ${what}`, { code }, ["code"]]),
  ["no code", {}, ["code"]],
  ["white space at its end", { code: "P-1 " }, ["code"]],
  ["a look of yes", { code: "P-1", allowFutureValidation: "true" }, ["allowFutureValidation"]],
  ["a look of null", { code: "P-1", allowFutureValidation: null }, ["allowFutureValidation"]],
  ["a look of 1", { code: "P-1", allowFutureValidation: 1 }, ["allowFutureValidation"]],
  ["a field more", { code: "P-1", burn: true }, ["burn"]],
])("a till's call with %s is refused by name", async (_what, body, fields) => {
  const { tenant } = await createShop();

  expect(fieldsOf(await validate(tenant, body))).toEqual([400, "invalid_input", fields]);
});

// --- Other programmes ---

/** Two programmes alike, and an id of everything in the second that the first has too. */
async function createTwoShops() {
  const settings = { ...shelf, rewards: [...shelf.rewards, pie] };
  const [own, foreign] = [await createShop(settings), await createShop(settings)];
  const { tenant, bearer } = foreign;
  const benefit = await buy(tenant, bearer, "pie");
  const reported = await reportAs(tenant, bearer, { type: "VISITED_SHOP" });
  const session = await db().session.findFirst({ where: { tenantId: tenant.id } });
  const me = (await callApi(tenant, "GET /v1/users/me", { bearer })).json.data;
  const listOf = async (path: string) => (await callApi(tenant, `GET ${path}`, { bearer })).json.data;
  const ids: Record<string, string> = {
    ...{
      member: me.id,
      accountNumber: me.accountNumber,
      benefit: benefit.id,
      event: reported.json.data.event.id,
    },
    ...{ reward: await rewardIdOf(tenant, "pie"), rule: reported.json.data.reactions[0].ruleId },
    ...{ category: (await listOf("/v1/reward_categories"))[0].id, tier: (await listOf("/v1/tiers"))[0].id },
    ...{ tenant: tenant.id, session: session?.id ?? randomUUID() },
  };
  return { own, foreign, ids };
}

type Shop = Awaited<ReturnType<typeof createShop>>;

const callsWithAnId: [string, (shop: Shop, id: string) => Promise<ApiAnswer>][] = [
  ["GET /v1/rewards/{id}", ({ tenant }, id) => callApi(tenant, `GET /v1/rewards/${id}`)],
  [
    "GET /v1/rewards/{id} as a member",
    ({ tenant, bearer }, id) => callApi(tenant, `GET /v1/rewards/${id}`, { bearer }),
  ],
  ["a category's rewards", ({ tenant }, id) => callApi(tenant, `GET /v1/reward_categories/${id}/rewards`)],
  ["GET /v1/events/{id}", ({ tenant, bearer }, id) => callApi(tenant, `GET /v1/events/${id}`, { bearer })],
  [
    "GET /v1/benefits/{id}",
    ({ tenant, bearer }, id) => callApi(tenant, `GET /v1/benefits/${id}`, { bearer }),
  ],
  ["redeem_benefit", ({ tenant, bearer }, id) => redeem(tenant, bearer, id)],
  [
    "purchase_reward",
    ({ tenant, bearer }, rewardId) =>
      callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } }),
  ],
  ["validate_voucher", ({ tenant }, code) => validate(tenant, { code })],
  [
    "a server's event",
    ({ tenant }, subject) =>
      reportAs(tenant, purchaseSecret, { type: "PURCHASE", payload: { total: 1 }, subject }),
  ],
  [
    "a member's event",
    ({ tenant, bearer }, subject) => reportAs(tenant, bearer, { type: "VISITED_SHOP", subject }),
  ],
  [
    "a batch",
    ({ tenant }, subject) =>
      reportBatch(tenant, purchaseSecret, [{ type: "PURCHASE", payload: { total: 1 }, subject }]),
  ],
];

test.each(callsWithAnId)(
  "%s answers any id of another programme like one that is not there",
  async (_what, call) => {
    const { own, foreign, ids } = await createTwoShops();
    const before = [await countEverything(own.tenant), await countEverything(foreign.tenant)];

    const faces: unknown[] = [];
    for (const id of Object.values(ids)) faces.push(facesOf(await call(own, id), id));
    const random = randomUUID();
    const nothing = facesOf(await call(own, random), random);

    expect(Object.keys(ids)).toHaveLength(10);
    expect(faces).toEqual(faces.map(() => nothing));
    expect(nothing.text).toMatch(/not_found|forbidden/);
    expect([await countEverything(own.tenant), await countEverything(foreign.tenant)]).toEqual(before);
  },
);

test("a till finds no code of another programme's", async () => {
  const { own, foreign } = await createTwoShops();

  const answer = await validate(own.tenant, { code: "P-1" });

  expect(told(answer)).toEqual([404, "benefit_not_found"]); // not sold here, though it is there
  expect((await validate(foreign.tenant, { code: "P-1" })).status).toBe(200);
});

test("a cursor of another programme's shows nothing of it", async () => {
  const { own, foreign } = await createTwoShops();
  const paths = ["/v1/rewards", "/v1/reward_categories", "/v1/tiers", "/v1/events", "/v1/benefits"];
  await reportAs(foreign.tenant, foreign.bearer, { type: "VISITED_SHOP" });
  await buy(foreign.tenant, foreign.bearer, "pie");

  for (const path of paths) {
    const theirs = await callApi(foreign.tenant, `GET ${path}?limit=1`, { bearer: foreign.bearer });
    const here = await callApi(own.tenant, `GET ${path}?cursor=${theirs.json.page.nextCursor}`, {
      bearer: own.bearer,
    });
    const all = await callApi(own.tenant, `GET ${path}`, { bearer: own.bearer });

    expect(theirs.json.page.nextCursor).toEqual(anyText);
    expect(here.status).toBe(200);
    expect(idsOf(all)).toEqual(expect.arrayContaining(idsOf(here)));
  }
});

test("a token of one programme with the key of another is no token, wherever it is sent", async () => {
  const [own, foreign] = [await createShop(), await createShop()];
  const endpoints = allOperations
    .filter(({ level }) => level !== "anonymous" && level !== "till")
    .map(endpointOf);

  for (const endpoint of endpoints) {
    const theirToken = await callApi(own.tenant, endpoint, {
      bearer: foreign.bearer,
      body: endpoint.startsWith("GET") ? undefined : {},
    });
    const theirKey = await callApi(own.tenant, endpoint, {
      ...{ key: foreign.tenant.apiKey, bearer: own.bearer },
      body: endpoint.startsWith("GET") ? undefined : {},
    });

    expect([endpoint, told(theirToken), told(theirKey)]).toEqual([
      ...[endpoint, [401, "token_invalid"], [401, "token_invalid"]],
    ]);
  }
});

test("after all this every law of the ledger holds, and no object has a field from a caller", async () => {
  expect(await db().ledgerEntry.count()).toBeGreaterThan(100);
  expect(await checkLaws()).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
});
