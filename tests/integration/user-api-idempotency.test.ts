import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { forgetTenants } from "#lib/domain/tenants/tenant-memory.ts";
import type { AdminRole } from "#lib/domain/token-pairs/token-actor.ts";
import { userApiOperations } from "#lib/http/user-api/operations.ts";
import { adminToken } from "#tests/support/admins.ts";
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

// Goal: a call of the user API with an Idempotency-Key has one effect and one answer, however often and however much at
// once it comes (contract 1.6); a key belongs to who sent it, where; a refusal costs nothing.
// Method: every endpoint that takes a key, by everybody who may call it. What the domain promises is in
// idempotency.test.ts; here it is the header, the body and who the caller is.

const anyText = expect.stringMatching(/./);
const otherSecret = "another-event-types-secret-of-the-tests-long-enough";
const members = [
  { authIdentifier: "user-1", profile, points: 500 },
  { authIdentifier: "user-2", profile, points: 500 },
];
const settings = {
  members,
  rewards: [
    {
      externalId: "coffee",
      name: "Coffee",
      type: "VOUCHER",
      price: 100,
      codes: ["C-1", "C-2", "C-3", "C-4"],
    },
    { externalId: "mug", name: "Mug", type: "VOUCHER", price: 900 },
  ],
  eventTypes: [
    { name: "PURCHASE", private: true, secret: purchaseSecret },
    { name: "RETURNED", private: true, secret: otherSecret },
    { name: "VISITED_SHOP", private: false },
  ],
  rules: [
    { name: "A visit", eventType: "VISITED_SHOP", effect: { type: "POINTS", points: 5 } },
    { name: "A purchase", eventType: "PURCHASE", effect: { type: "POINTS", points: 10 } },
  ],
};

async function createShop(roles: readonly AdminRole[] = ["OWNER"]) {
  const tenant = await createApiTenant(settings, roles);
  const where = { tenantId: tenant.id, authIdentifier: "user-1" };
  const { id: memberId } = await db().member.findFirstOrThrow({ where });
  return {
    ...{
      tenant,
      memberId,
      bearer: await signFor(tenant),
      otherBearer: await signFor(tenant, { sub: "user-2" }),
    },
    rewardId: await rewardIdOf(tenant, "coffee"),
  };
}

type Shop = Awaited<ReturnType<typeof createShop>>;

/** A call that is ready to be sent, again and again. */
type Ready = { endpoint: string; caller: { bearer?: string; key?: string }; body: Record<string, unknown> };

async function buy({ tenant, bearer, rewardId }: Shop): Promise<string> {
  const { json } = await callApi(tenant, "POST /v1/commands/purchase_reward", { bearer, body: { rewardId } });
  return json.data.benefit.id;
}

async function asAdmin({ tenant }: Pick<Shop, "tenant">): Promise<{ bearer: string }> {
  return { bearer: await adminToken(tenant) };
}

/** Each with a body of two fields or more, so that their order can change. */
const calls: Record<string, (shop: Shop) => Promise<Ready>> = {
  "a member's event": async ({ bearer }) => ({
    ...{ endpoint: "POST /v1/events", caller: { bearer } },
    body: { type: "VISITED_SHOP", payload: { a: 1, b: { c: [1, { d: 2, e: null }], f: "é" } } },
  }),
  "a server's event": async () => ({
    ...{ endpoint: "POST /v1/events", caller: { bearer: purchaseSecret } },
    body: { type: "PURCHASE", subject: "user-1", externalId: "order-1" },
  }),
  "an admin's event": async (shop) => ({
    ...{ endpoint: "POST /v1/events", caller: await asAdmin(shop) },
    body: { type: "PURCHASE", subject: "user-1" },
  }),
  "a purchase": async ({ bearer, rewardId }) => ({
    ...{
      endpoint: "POST /v1/commands/purchase_reward",
      caller: { bearer },
      body: { rewardId, comment: "Hi." },
    },
  }),
  "a redemption": async (shop) => ({
    ...{ endpoint: "POST /v1/commands/redeem_benefit", caller: { bearer: shop.bearer } },
    body: { benefitId: await buy(shop) },
  }),
  "a till's look": async (shop) => {
    await buy(shop);
    const body = { code: "C-1", allowFutureValidation: true };
    return { endpoint: "POST /v1/commands/validate_voucher", caller: { key: shop.tenant.tillKey }, body };
  },
  "a till's use": async (shop) => {
    await buy(shop);
    const body = { code: "C-1", allowFutureValidation: false };
    return { endpoint: "POST /v1/commands/validate_voucher", caller: { key: shop.tenant.tillKey }, body };
  },
  "an admin's use of a code": async (shop) => {
    await buy(shop);
    const body = { code: "C-1", allowFutureValidation: false };
    return { endpoint: "POST /v1/commands/validate_voucher", caller: await asAdmin(shop), body };
  },
  "an adjustment": async (shop) => ({
    ...{ endpoint: "POST /v1/commands/adjust_points", caller: await asAdmin(shop) },
    body: { actorId: shop.memberId, points: 7, comment: "For Zoë.", impactType: "EARN" },
  }),
  "a reversal": async (shop) => {
    const caller = await asAdmin(shop);
    const body = { type: "PURCHASE", subject: "user-1" };
    const { json } = await callApi(shop.tenant, "POST /v1/events", { ...caller, body });
    return {
      ...{ endpoint: "POST /v1/commands/reverse_event", caller },
      body: { eventId: json.data.event.id, comment: "Returned." },
    };
  },
  "a cancellation": async (shop) => ({
    ...{ endpoint: "POST /v1/commands/cancel_benefit", caller: await asAdmin(shop) },
    body: { benefitId: await buy(shop), comment: "A mistake." },
  }),
};
const names = Object.keys(calls);

/** A shop and one of the calls, which is sent with a key, and with another body or caller where that is said. */
async function prepare(name: string) {
  const shop = await createShop();
  const ready = await (calls[name] as (shop: Shop) => Promise<Ready>)(shop);
  const send = (
    key: string,
    change: { body?: unknown; caller?: Ready["caller"] } = {},
  ): Promise<ApiAnswer> => {
    const { body = ready.body, caller = ready.caller } = change;
    return callApi(shop.tenant, ready.endpoint, { ...caller, body, headers: { "idempotency-key": key } });
  };
  return { ...shop, ...ready, shop, send };
}

async function countEverything({ id: tenantId }: ApiTenant) {
  const where = { tenantId };
  const wallets = await db().wallet.findMany({ where, orderBy: { memberId: "asc" } });
  return {
    events: await db().event.count({ where }),
    entries: await db().ledgerEntry.count({ where }),
    benefits: await db().benefit.findMany({ where, orderBy: { id: "asc" } }),
    reversals: await db().eventReversal.count({ where }),
    keys: await db().idempotencyKey.count({ where }),
    balances: wallets.map(({ balancePoints }) => Number(balancePoints)),
  };
}

function told({ status, json }: ApiAnswer): [number, string] {
  return [status, json.code];
}

function isReplayed({ headers }: ApiAnswer): string | null {
  return headers.get("idempotency-replayed");
}

/** The same JSON with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(turned);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

test("every endpoint that takes a key is here", async () => {
  const endpoints: string[] = [];
  for (const name of names) endpoints.push((await prepare(name)).endpoint);

  const taking = userApiOperations.filter(({ isIdempotent }) => isIdempotent);
  expect([...new Set(endpoints)].sort()).toEqual(
    taking.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  expect(taking).toHaveLength(7);
});

test.each(names)("%s with the same key and JSON is answered as it was first, and done once", async (name) => {
  const { tenant, memberId, shop, body, send } = await prepare(name);
  const first = await send("key-1");
  await callApi(tenant, "POST /v1/commands/adjust_points", {
    ...(await asAdmin(shop)),
    body: { actorId: memberId, points: -33, comment: "x", impactType: "NONE" },
  });
  await buy(shop);
  await db().reward.updateMany({ where: { tenantId: tenant.id }, data: { name: "Tea", pricePoints: 1n } });
  const before = await countEverything(tenant);

  const again = await send("key-1");
  const inAnotherOrder = await send("key-1", { body: JSON.stringify(turned(body), null, 3) });

  expect([first.status, isReplayed(first)]).toEqual([200, null]);
  expect([again, inAnotherOrder].map(({ status, text }) => [status, text])).toEqual(
    Array(2).fill([200, first.text]),
  );
  expect([again, inAnotherOrder].map(isReplayed)).toEqual(["true", "true"]);
  expect(await countEverything(tenant)).toEqual(before);
  expect(before.keys).toBe(1);
});

/** What is changed in a body, so that it is another one that could be done as well. */
const changes: Record<string, object> = {
  "a member's event": { payload: { a: 2 } },
  "a server's event": { payload: { a: 2 } },
  "an admin's event": { payload: { a: 2 } },
  "a purchase": { comment: "Ho." },
  "a redemption": { benefitId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b10" },
  "a till's look": { allowFutureValidation: false },
  "a till's use": { allowFutureValidation: true },
  "an admin's use of a code": { code: "C-2" },
  "an adjustment": { points: 8 },
  "a reversal": { comment: "Returned!" },
  "a cancellation": { comment: "A mistake!" },
};

test.each(names)("%s with the key of another body is refused, and changes nothing", async (name) => {
  const { tenant, body, send } = await prepare(name);
  await send("key-1");
  const before = await countEverything(tenant);

  const answer = await send("key-1", { body: { ...body, ...changes[name] } });

  expect(answer.json).toEqual({ status: "fail", code: "idempotency_key_reused", message: anyText, data: {} });
  expect(answer.status).toBe(422);
  expect(isReplayed(answer)).toBeNull();
  expect(await countEverything(tenant)).toEqual(before);
});

test.each(names)("%s that comes fifty times at once is done once, and answered alike", async (name) => {
  const { tenant, send } = await prepare(name);
  const before = await countEverything(tenant);

  const answers = await Promise.all(Array.from({ length: 50 }, () => send("key-1")));

  const after = await countEverything(tenant);
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter((answer) => isReplayed(answer) === null)).toHaveLength(1);
  expect(after.keys).toBe(1);
  expect(after.events - before.events).toBeLessThanOrEqual(1);
  expect(after.entries - before.entries).toBeLessThanOrEqual(1);
  expect(await checkLaws()).toEqual([]);
});

test.each(names)("a refusal of %s leaves the key free, for another body, too", async (name) => {
  const { tenant, body, send } = await prepare(name);

  const unknown = await send("key-1", { body: { ...body, points: [] } });
  const broken = await send("key-1", { body: "{" });
  const stranger = await send("key-1", { caller: { bearer: "junk" } });
  const kept = await db().idempotencyKey.count({ where: { tenantId: tenant.id } });
  const right = await send("key-1");

  expect([unknown, broken, stranger].map(told)).toEqual([
    [400, "invalid_input"],
    [400, "invalid_json"],
    [401, "token_invalid"],
  ]);
  expect(kept).toBe(0);
  expect([right.status, isReplayed(right)]).toEqual([200, null]);
});

test("a purchase that was refused for points can be sent again with its key, once there are enough", async () => {
  const shop = await createShop();
  const { tenant, bearer, memberId } = shop;
  const body = { rewardId: await rewardIdOf(tenant, "mug") };
  const send = () =>
    callApi(tenant, "POST /v1/commands/purchase_reward", {
      bearer,
      body,
      headers: { "idempotency-key": "key-1" },
    });

  const refused = [await send(), await send()];
  await callApi(tenant, "POST /v1/commands/adjust_points", {
    ...(await asAdmin(shop)),
    body: { actorId: memberId, points: 500, comment: "x", impactType: "EARN" },
  });
  const bought = [await send(), await send()];

  expect(refused.map(told)).toEqual(Array(2).fill([409, "points_insufficient"]));
  expect(refused.map(isReplayed)).toEqual([null, null]);
  expect(bought.map(({ json }) => json.data.wallet.points)).toEqual([100, 100]);
  expect(bought.map(isReplayed)).toEqual([null, "true"]);
});

test("a key is its member's: the same of another is another call", async () => {
  const { tenant, bearer, otherBearer, rewardId } = await createShop();
  const headers = { "idempotency-key": "key-1" };
  const visit = { headers, body: { type: "VISITED_SHOP" } };
  const purchase = { headers, body: { rewardId } };

  const answers = [
    await callApi(tenant, "POST /v1/events", { ...visit, bearer }),
    await callApi(tenant, "POST /v1/events", { ...visit, bearer: otherBearer }),
    await callApi(tenant, "POST /v1/commands/purchase_reward", { ...purchase, bearer }),
    await callApi(tenant, "POST /v1/commands/purchase_reward", { ...purchase, bearer: otherBearer }),
  ];

  expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
  expect(answers.map(isReplayed)).toEqual(Array(4).fill(null));
  expect(answers.map(({ json }) => json.data.wallet.points)).toEqual([505, 505, 405, 405]);
  expect(await db().idempotencyKey.count({ where: { tenantId: tenant.id } })).toBe(4);
});

test("a key is its member's with whatever token the member comes", async () => {
  const { tenant, bearer } = await createShop();
  const call = { headers: { "idempotency-key": "key-1" }, body: { type: "VISITED_SHOP" } };
  const another = await signFor(tenant, { jti: "another" });

  const first = await callApi(tenant, "POST /v1/events", { ...call, bearer });
  const again = await callApi(tenant, "POST /v1/events", { ...call, bearer: another, key: tenant.tillKey });

  expect(another).not.toBe(bearer);
  expect([again.text, isReplayed(again)]).toEqual([first.text, "true"]);
});

test("a key is its admin's, its till's and its server's", async () => {
  const shop = await createShop(["OWNER", "EDITOR"]);
  const { tenant, memberId } = shop;
  const [owner, editor] = [await adminToken(tenant), await adminToken(tenant, "EDITOR")];
  for (const _ of [1, 2]) await buy(shop);
  const headers = { "idempotency-key": "key-1" };
  const adjustment = { headers, body: { actorId: memberId, points: 1, comment: "x", impactType: "EARN" } };
  const look = { headers, body: { code: "C-1", allowFutureValidation: true } };
  const event = (type: string) => ({ headers, body: { type, subject: "user-1" } });
  const validate = "POST /v1/commands/validate_voucher";

  const answers = [
    await callApi(tenant, "POST /v1/commands/adjust_points", { ...adjustment, bearer: owner }),
    await callApi(tenant, "POST /v1/commands/adjust_points", { ...adjustment, bearer: editor }),
    await callApi(tenant, validate, { ...look, key: tenant.tillKey }),
    await callApi(tenant, validate, { ...look, bearer: owner }),
    await callApi(tenant, validate, { ...look, bearer: editor }),
    await callApi(tenant, "POST /v1/events", { ...event("PURCHASE"), bearer: purchaseSecret }),
    await callApi(tenant, "POST /v1/events", { ...event("RETURNED"), bearer: otherSecret }),
    await callApi(tenant, "POST /v1/events", { ...event("PURCHASE"), bearer: owner }),
    await callApi(tenant, "POST /v1/events", { ...event("RETURNED"), bearer: editor }),
  ];

  expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
  expect(answers.map(isReplayed)).toEqual(Array(9).fill(null));
});

test("a key is one programme's, and one endpoint's", async () => {
  const [here, there] = [await createShop(), await createShop()];
  const headers = { "idempotency-key": "key-1" };
  const visit = { headers, body: { type: "VISITED_SHOP" } };
  const benefitId = await buy(here);

  const answers = [
    await callApi(here.tenant, "POST /v1/events", { ...visit, bearer: here.bearer }),
    await callApi(there.tenant, "POST /v1/events", { ...visit, bearer: there.bearer }),
    await callApi(here.tenant, "POST /v1/commands/redeem_benefit", {
      headers,
      bearer: here.bearer,
      body: { benefitId },
    }),
    await callApi(here.tenant, "POST /v1/commands/cancel_benefit", {
      ...{ headers, ...(await asAdmin(here)) },
      body: { benefitId, comment: "x" },
    }),
  ];

  expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
  expect(answers.map(isReplayed)).toEqual(Array(4).fill(null));
});

const wrongKeys: [string, string][] = [
  ["empty", ""],
  ["of 129 characters", "x".repeat(129)],
  ["of 129 quoted characters", `"${"x".repeat(129)}"`],
  ["with a space", "a b"],
  ["with a quoted space", '"a b"'],
  ["with a tab", "a\tb"],
  ["with a control character", "a\u0001b"],
  ["with a DEL", "a\u007f"],
  ["beyond ASCII", "schlüssel"],
  ["empty in quotes", '""'],
  ["of two, as two headers are joined", "key-1, key-2"],
];

test.each(wrongKeys)("a key %s is none: the call is refused, and nothing done", async (_what, key) => {
  const { tenant, send } = await prepare("a member's event");
  const before = await countEverything(tenant);

  const answer = await send(key);

  expect(answer.json).toEqual({
    ...{
      status: "fail",
      code: "invalid_input",
      message: anyText,
      data: { fields: { "idempotency-key": anyText } },
    },
  });
  expect(answer.status).toBe(400);
  expect(await countEverything(tenant)).toEqual(before);
});

test("a key whose quotes do not enclose it is none", async () => {
  const { tenant, send } = await prepare("a member's event");
  const keys = ['"', '"key-1', 'key-1"', '"key"1"', '"key-1\\"', '"key\\1"'];

  const answers = await Promise.all(keys.map((key) => send(key)));

  expect(answers.map(told)).toEqual(keys.map(() => [400, "invalid_input"]));
  expect(await db().event.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test.each(names)("%s takes no wrong key", async (name) => {
  const { tenant, send } = await prepare(name);
  const before = await countEverything(tenant);

  expect(told(await send("a b"))).toEqual([400, "invalid_input"]);
  expect(await countEverything(tenant)).toEqual(before);
});

test.each([
  ["key-1", '"key-1"'],
  ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~", '"!#$%&\'()*+,-./:;<=>?@[]^_`{|}~"'],
  ["x".repeat(128), `"${"x".repeat(128)}"`],
])("the key %s is the same bare and quoted", async (bare, quoted) => {
  const { tenant, send } = await prepare("a member's event");

  const answers = [await send(bare), await send(quoted), await send(` ${quoted} `)];

  expect(answers.map(isReplayed)).toEqual([null, "true", "true"]);
  expect(
    (await db().idempotencyKey.findMany({ where: { tenantId: tenant.id } })).map(({ key }) => key),
  ).toEqual([bare]);
});

test("keys are told apart by every character", async () => {
  const { tenant, send } = await prepare("a member's event");
  const keys = ["key-1", "KEY-1", "key-10", "key-", "-", "0", "null", "__proto__", "constructor"];

  const answers: ApiAnswer[] = [];
  for (const key of keys) answers.push(await send(key));

  expect(answers.map(isReplayed)).toEqual(keys.map(() => null));
  expect(await db().idempotencyKey.count({ where: { tenantId: tenant.id } })).toBe(keys.length);
});

test("without a key the same call is two", async () => {
  const { tenant, bearer } = await createShop();
  const visit = () => callApi(tenant, "POST /v1/events", { bearer, body: { type: "VISITED_SHOP" } });

  const answers = [await visit(), await visit()];

  expect(answers.map(({ json }) => json.data.wallet.points)).toEqual([505, 510]);
  expect(await db().idempotencyKey.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test.each(["key-1", "no key \u0001", ""])("endpoints that take no key pass over %j", async (key) => {
  const shop = await createShop();
  const { tenant, bearer, memberId } = shop;
  const admin = await asAdmin(shop);
  const headers = { "idempotency-key": key };
  const batch = {
    headers,
    bearer: purchaseSecret,
    body: { events: [{ type: "PURCHASE", subject: "user-1" }] },
  };
  const member = (authIdentifier: string) => ({ headers, ...admin, body: { authIdentifier, profile } });
  const change = { headers, ...admin, body: { flags: { vip: true } } };

  const answers = [
    await callApi(tenant, "POST /v1/events/batch", batch),
    await callApi(tenant, "POST /v1/events/batch", batch),
    await callApi(tenant, "POST /v1/users", member("user-3")),
    await callApi(tenant, "POST /v1/users", member("user-4")),
    await callApi(tenant, `PATCH /v1/users/${memberId}`, change),
    await callApi(tenant, "PATCH /v1/users/me", { headers, bearer, body: { profile: {} } }),
    await callApi(tenant, "GET /v1/events", { headers, bearer }),
    await callApi(tenant, "GET /v1/users/me", { headers, bearer }),
  ];
  const taken = await callApi(tenant, "POST /v1/users", member("user-3"));

  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(answers.map(isReplayed)).toEqual(Array(8).fill(null));
  expect(told(taken)).toEqual([409, "auth_identifier_taken"]); // and not the first answer again
  expect(answers[6]?.json.data).toHaveLength(2);
  expect(await db().idempotencyKey.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("an event with a key and an externalId is told apart: the same call again, or the same event", async () => {
  const { send, body } = await prepare("a server's event");

  const first = await send("key-1");
  const sameCall = await send("key-1");
  const sameEvent = await send("key-2", { body: { ...body, payload: { note: "again" } } });
  const sameCallAgain = await send("key-2", { body: { ...body, payload: { note: "again" } } });

  expect([first, sameCall, sameEvent, sameCallAgain].map(isReplayed)).toEqual([null, "true", null, "true"]);
  expect(sameCall.text).toBe(first.text);
  expect(sameEvent.json.data).toEqual({ ...first.json.data, replayed: true });
  expect(sameCallAgain.text).toBe(sameEvent.text);
});

test("an event that is answered again is so, although its type is not in use any more", async () => {
  const { tenant, send } = await prepare("a member's event");
  const first = await send("key-1");
  await db().eventType.updateMany({ where: { tenantId: tenant.id }, data: { isActive: false } });

  const again = await send("key-1");

  expect([again.status, again.text]).toEqual([200, first.text]);
});

test("an event that is answered again is so, although it is too long ago by now", async () => {
  stopTheClock();
  const { body, send } = await prepare("a member's event");
  const old = { ...body, occurredAt: "2026-02-03T10:00:00.000Z" }; // 400 days back, to the millisecond
  const first = await send("key-1", { body: old });
  moveTo(0, 1);

  const again = await send("key-1", { body: old });

  expect([again.status, again.text]).toEqual([first.status, first.text]);
  expect(first.status).toBe(200);
});

test("an adjustment that is answered again tells of the tiers as they were", async () => {
  const { tenant, send } = await prepare("an adjustment");
  const first = await send("key-1");
  const { code, host } = tenant;
  const tiers = [{ name: "Silver", pointsRequirement: 1 }];
  const changed = { code, name: "Test", hostnames: [host], authMode: "embedded", tiers };
  await applyProgramme(JSON.stringify({ tenants: [changed] }));
  forgetTenants();

  const again = await send("key-1");

  expect(isReplayed(again)).toBe("true");
  expect(again.text).toBe(first.text);
});

test("after all this every law of the ledger holds, and no object has a field from a caller", async () => {
  expect(await db().idempotencyKey.count()).toBeGreaterThan(50);
  expect(await checkLaws()).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
