import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { adjust, buy, daysAgo, report, rewardIdOf } from "#tests/support/engine.ts";
import {
  callStore as call,
  callAsAdmin,
  createStore,
  invalid,
  joan,
  memberIdOf,
  memberToken,
  refusal,
  type Store,
} from "#tests/support/open-loyalty.ts";
import { moveTo, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: a client of Open Loyalty shows its member what happened: each movement with its cause, each purchase with what it
// earned, and nobody else's.
// Method: the handlers on a real database, in which things happen by the product's own commands.

const rewards = [{ externalId: "coffee", name: "Free coffee", type: "VOUCHER", price: 150 }];
const basket = {
  ...{ total: 12.5, currency: "EUR", documentNumber: "doc-1" },
  items: [{ sku: "tea", name: "Tea", category: "Drinks", grossValue: 12.5 }],
};

async function reader(store: Store, person?: typeof joan) {
  const bearer = await memberToken(store, person);
  return async (path: string) => (await call(store, `GET ${path}`, { bearer })).json;
}

type Items = { items: Record<string, unknown>[] };
const picked = ({ items }: Items, field: string) => items.map((item) => item[field]);

test("every movement is told with what it was for, the newest first", async () => {
  const store = await createStore({ rewards, pointsExpiry: { afterDays: 30 } });
  const memberId = await memberIdOf(store);
  const { event } = await report(store, memberId, { payload: basket });
  const { benefit } = await buy(store, memberId, await rewardIdOf(store, "coffee"));
  await adjust(store, memberId, -3);

  const { items, total } = await (await reader(store))("/member/points");

  expect(total).toEqual({ all: 4, filtered: 4, estimated: false });
  const { id: campaignId } = await db().rule.findFirstOrThrow({ where: { tenantId: store.id } });
  const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
  expect(items).toMatchObject([
    {
      type: "spending",
      value: 3,
      comment: "By a test.",
      actionCause: { internalEventName: "POINTS_ADJUSTED" },
    },
    {
      ...{ type: "spending", value: 150, expiresAt: null },
      actionCause: { rewardId: benefit.reward.id, issuedRewardId: benefit.id, transactionId: null },
    },
    {
      ...{ type: "adding", value: 12, accountId: memberId, expiresAt: moment, createdAt: moment },
      ...{ cancelled: false, pending: false, walletType: { code: "default" } },
      actionCause: { transactionId: event.id, customEventId: null, campaignId, customerId: memberId },
    },
    { type: "adding", value: 500, actionCause: { transactionId: null, internalEventName: null } },
  ]);
});

test("movements come in pages from either end, and each once", async () => {
  const store = await createStore();
  const memberId = await memberIdOf(store);
  for (const points of [1, 2, 3, 4]) await adjust(store, memberId, points);
  const read = await reader(store);
  const values = async (query: string) => picked(await read(`/member/points?${query}`), "value");

  expect(await values("_itemsOnPage=2")).toEqual([4, 3]);
  expect(await values("_itemsOnPage=2&_page=2")).toEqual([2, 1]);
  expect(await values("_itemsOnPage=2&_page=3")).toEqual([500]);
  expect(await values("_itemsOnPage=2&_page=4")).toEqual([]);
  expect(await values("_itemsOnPage=2&_page=3&_orderBy[createdAt]=asc")).toEqual([4]);
  expect(await values("_itemsOnPage=3&_orderBy[createdAt]=asc")).toEqual([500, 1, 2]);
});

test("what expired is told as soon as it has", async () => {
  stopTheClock();
  const store = await createStore({ pointsExpiry: { afterDays: 1 } });
  const bearer = await memberToken(store);

  moveTo(1, -1);
  const before = await call(store, "GET /member/points", { bearer });
  moveTo(1);
  const fresh = await memberToken(store);
  const { json } = await call(store, "GET /member/points", { bearer: fresh });

  expect(picked(before.json, "type")).toEqual(["adding"]);
  expect(json.items).toMatchObject([{ type: "expired", value: 500 }, { type: "adding" }]);
});

test("a member sees the own purchases with what they earned, who runs the programme all", async () => {
  const store = await createStore();
  const [janes, joans] = [await memberIdOf(store), await memberIdOf(store, joan)];
  const { event } = await report(store, janes, { payload: basket, externalId: "doc-1" });
  const later = await report(store, joans, { payload: { total: 3 }, occurredAt: daysAgo(2) });
  const read = await reader(store);

  const { items, total } = await read("/transaction");
  expect(total).toEqual({ all: 1, filtered: 1, estimated: false });
  const { accountNumber } = await db().member.findFirstOrThrow({ where: { id: janes } });
  expect(items).toEqual([
    {
      ...{
        transactionId: event.id,
        customerId: janes,
        items: basket.items,
        grossValue: 12.5,
        currency: "EUR",
      },
      customerData: {
        customerId: janes,
        email: "jane.doe@example.com",
        phone: null,
        loyaltyCardNumber: accountNumber,
      },
      header: {
        documentNumber: "doc-1",
        documentType: "sell",
        purchasedAt: expect.stringMatching(/\+00:00$/),
      },
      ...{ matched: true, assignedToCustomerAt: expect.stringMatching(/\+00:00$/) },
      ...{ pointsEarned: 12, unitsDeducted: 0 },
    },
  ]);
  expect(await read(`/transaction/${event.id}`)).toEqual(items[0]);
  expect(await read(`/transaction/${later.event.id}`)).toEqual({ code: 404, message: "Not Found" });
  expect(await read("/transaction/none")).toEqual({ code: 404, message: "Not Found" });
  expect(picked((await callAsAdmin(store, "GET /transaction")).json, "customerId")).toEqual([janes, joans]);
  expect((await callAsAdmin(store, `GET /transaction/${later.event.id}`)).json.customerId).toBe(joans);
  const other = await createStore();
  expect((await callAsAdmin(other, "GET /transaction")).json.total.all).toBe(0);
  expect(await callAsAdmin(other, `GET /transaction/${event.id}`)).toMatchObject(refusal(404, "Not Found"));
});

test("purchases come in pages by when they were made; other events and the points taken back are told apart", async () => {
  const store = await createStore({
    eventTypes: [
      { name: "PURCHASE", private: false },
      { name: "VISITED_SHOP", private: false },
    ],
  });
  const memberId = await memberIdOf(store);
  for (const days of [3, 1, 2])
    await report(store, memberId, { payload: { total: days }, occurredAt: daysAgo(days) });
  await report(store, memberId, { type: "VISITED_SHOP", payload: {} });
  const read = await reader(store);
  const totals = async (query: string) => picked(await read(`/transaction?${query}`), "grossValue");

  expect(await totals("_itemsOnPage=2")).toEqual([1, 2]);
  expect(await totals("_itemsOnPage=2&_page=2")).toEqual([3]);
  expect(await totals("_orderBy[purchasedAt]=asc")).toEqual([3, 2, 1]);
  const { items } = await read("/transaction?_itemsOnPage=1");
  await reverseEvent({
    tenantId: store.id,
    eventId: items[0].transactionId,
    comment: "Returned.",
    key: null,
  });
  expect((await read("/transaction?_itemsOnPage=1")).items).toMatchObject([
    { pointsEarned: 0, unitsDeducted: 1 },
  ]);
});

test("history tells what happened, by the vendor's names", async () => {
  const store = await createStore({
    rewards,
    eventTypes: [
      { name: "PURCHASE", private: false },
      { name: "VISITED_SHOP", private: false },
    ],
  });
  const memberId = await memberIdOf(store);
  await report(store, memberId, { payload: basket });
  await report(store, memberId, { type: "VISITED_SHOP", payload: { shop: "Leeds" } });
  await buy(store, memberId, await rewardIdOf(store, "coffee"));
  await adjust(store, memberId, 5);
  await adjust(store, memberId, -5);
  const read = await reader(store);

  const { items, total } = await read(`/member/${memberId}/history`);
  expect(total).toEqual({ all: 5, filtered: 5, estimated: false });
  expect(picked({ items }, "type")).toEqual([
    ...["PointsWereSpent", "PointsWereAdded", "RewardWasBought"],
    ...["AssignedCustomEventToCustomer", "AssignedTransactionToCustomer"],
  ]);
  expect(items.at(-1)).toMatchObject({
    ...{ customerId: memberId, createdAt: expect.stringMatching(/\+00:00$/) },
    flatVariables: { pointsEarned: 12, total: 12.5, transactionId: expect.any(String) },
  });
  const oldest = await read(`/member/${memberId}/history?_itemsOnPage=1&_orderBy[createdAt]=asc`);
  expect(picked(oldest, "type")).toEqual(["AssignedTransactionToCustomer"]);
  const joans = await reader(store, joan);
  expect(await joans(`/member/${memberId}/history`)).toEqual({ code: 403, message: "Forbidden." });
  expect((await callAsAdmin(store, `GET /member/${memberId}/history`)).json.total.all).toBe(5);
});

test("levels come lowest first, or as they are asked for", async () => {
  const tiers = [
    { name: "Gold", pointsRequirement: 1_000 },
    { name: "Silver", pointsRequirement: 100 },
  ];
  const store = await createStore({ tiers });
  const read = await reader(store);

  const { items, total } = await read("/member/tier");
  expect(total).toEqual({ all: 2, filtered: 2, estimated: false });
  expect(items).toMatchObject([
    {
      name: "Silver",
      conditionValue: 100,
      hasPhoto: false,
      storeCode: store.code,
      levelId: expect.any(String),
    },
    { name: "Gold", conditionValue: 1_000 },
  ]);
  expect(picked(await read("/member/tier?_orderBy[conditionValue]=desc"), "name")).toEqual([
    "Gold",
    "Silver",
  ]);
  expect(picked(await read("/member/tier?_orderBy[name]=asc"), "name")).toEqual(["Gold", "Silver"]);
  expect((await callAsAdmin(store, "GET /member/tier")).json.items).toEqual(items);
});

test("campaigns say how far a member has used up what a rule gives each", async () => {
  const effect = { type: "POINTS", points: 5 };
  const store = await createStore({
    rules: [
      {
        name: "Twice a day",
        eventType: "PURCHASE",
        effect,
        limits: { perMember: { times: 2, period: "DAY" } },
        priority: 3,
      },
      {
        name: "Once",
        eventType: "PURCHASE",
        effect,
        limits: { perMember: { times: 1, period: "EVER" } },
        priority: 2,
      },
      { name: "Always", eventType: "PURCHASE", effect, priority: 1 },
      { name: "Over", eventType: "PURCHASE", effect, end: "2020-01-01T00:00:00Z" },
    ],
  });
  const memberId = await memberIdOf(store);
  await report(store, memberId);
  await report(store, memberId, { occurredAt: daysAgo(2) });
  const read = await reader(store);

  const { items, total } = await read(`/member/${memberId}/campaign`);
  expect(total).toEqual({ all: 3, filtered: 3, estimated: false });
  const usages = items.map(
    (item: { limitUsages: { executionsPerMember: unknown } }) => item.limitUsages.executionsPerMember,
  );
  expect(picked({ items }, "name")).toEqual(["Twice a day", "Once", "Always"]);
  expect(picked({ items }, "limitReached")).toEqual([false, true, false]);
  expect(usages).toEqual([
    { currentValue: 1, limitValue: 2, remaining: 1, interval: { type: "calendarDays", value: 1 } },
    { currentValue: 1, limitValue: 1, remaining: 0, interval: { type: "forever", value: 1 } },
    null,
  ]);
  expect((await read(`/member/${await memberIdOf(store, joan)}/campaign`)).code).toBe(403);
  expect((await read(`/member/${memberId}/campaign?_page=2`)).items).toEqual([]);
});

test("lists know the orders that they have, and take no others", async () => {
  const store = await createStore();
  const memberId: MemberId = await memberIdOf(store);

  for (const [path, field] of [
    ["/transaction", "grossValue"],
    [`/member/${memberId}/history`, "type"],
    [`/member/${memberId}/campaign`, "name"],
    ["/member/tier", "colour"],
  ]) {
    const name = `_orderBy[${field}]`;
    const answer = await callAsAdmin(store, `GET ${path}?${name}=asc`);
    expect(answer, path).toMatchObject(invalid({ [name]: answer.json.errors[0].message }));
  }
});

test("a list counts up to ten thousand and says so; movements are counted, however many", async () => {
  const store = await createStore();
  const memberId = await memberIdOf(store);
  await db().$executeRaw`
    INSERT INTO "events" ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
    SELECT ${store.id}::uuid, gen_random_uuid(), ${memberId}::uuid, 'PURCHASE', jsonb_build_object('total', n),
      timestamptz '2026-01-01' + make_interval(secs => n), now() FROM generate_series(1, 10001) n`;
  const read = await reader(store);

  const { items, total } = await read("/transaction?_page=1000");
  expect(total).toEqual({ all: 10_000, filtered: 10_000, estimated: true });
  expect(picked({ items }, "grossValue")).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  expect((await read(`/member/${memberId}/history`)).total.estimated).toBe(true);
  expect((await read("/member/points")).total).toEqual({ all: 1, filtered: 1, estimated: false });
});

test("no list reads a table from end to end", async () => {
  const store = await createStore();
  const memberId = await memberIdOf(store);
  await report(store, memberId, { payload: basket });
  const lists = ["/transaction", `/member/${memberId}/history`, "/member/email=joan@example.com", "/member"];
  const scansOf = async () => {
    await db().$queryRaw`SELECT pg_stat_force_next_flush()::text`;
    await db().$queryRaw`SELECT pg_stat_clear_snapshot()::text`;
    const rows = await db().$queryRaw<{ full: number; purchases: number; email: number }[]>`
      SELECT (SELECT sum("seq_scan") FROM "pg_stat_user_tables"
          WHERE "relname" IN ('events', 'members', 'ledger_entries', 'rule_activations', 'wallets'))::float8 AS "full",
        (SELECT "idx_scan" FROM "pg_stat_user_indexes" WHERE "indexrelname" = 'events_purchases_idx')::float8 AS "purchases",
        (SELECT "idx_scan" FROM "pg_stat_user_indexes" WHERE "indexrelname" = 'members_email_folded_idx')::float8 AS "email"`;
    return rows[0] ?? { full: Number.NaN, purchases: 0, email: 0 };
  };
  const before = await scansOf();

  for (const list of lists) expect((await callAsAdmin(store, `GET ${list}`)).status).toBe(200);

  const after = await scansOf();
  expect(after.full - before.full).toBe(0);
  expect(after.purchases - before.purchases).toBeGreaterThan(0);
  expect(after.email - before.email).toBeGreaterThan(0);
});
