import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { afterEach, expect, inject, test } from "vitest";

import { moveClock } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { settleWallet, sweepWallets } from "#lib/domain/ledger/settle-wallet.ts";
import { type OnceKey, onceKey } from "#lib/domain/once.ts";
import { postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysLater,
  purchaseType,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";
import { urlOfDatabase } from "#tests/support/on-server.ts";

// Goal: calls that start together end as if they had come one after the other: nothing is given, paid or used
// up twice, and no caller meets an error that is not a refusal.
// Method: each test starts all its calls before any ends, counts what each was answered with, and asks for
// every law. On PGlite the calls queue at its one connection; what locks are for is proven on a PostgreSQL
// server.

const serverUrl = inject("databaseServerUrl");

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 };
const mug = { externalId: "mug", name: "Mug", type: "VOUCHER", price: 100 };
const fixed = (points: number) => ({ type: "POINTS", points });
const given = (reward: string) => ({ type: "REWARD", reward });

afterEach(() => daysLater(0));

/** Starts `count` calls together; how many of them were answered with what. */
async function countOutcomes(count: number, run: (index: number) => Promise<unknown>) {
  const codes = await Promise.all(Array.from({ length: count }, (_, index) => codeOf(run(index))));
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function createMembers(tenant: TestTenant, count: number, points = 0): Promise<MemberId[]> {
  return Promise.all(Array.from({ length: count }, () => createMember(tenant, points)));
}

function newKey(scope = "a test", body: unknown = {}): OnceKey {
  return onceKey(scope, randomUUID(), body);
}

function redeem(tenant: TestTenant, memberId: MemberId, benefitId: string, key: OnceKey | null = null) {
  return redeemBenefit({ tenantId: tenant.id, memberId, benefitId, key });
}

function cancel(tenant: TestTenant, benefitId: string, key: OnceKey | null = null) {
  return cancelBenefit({ tenantId: tenant.id, benefitId, comment: "By a test.", key });
}

function reverse(tenant: TestTenant, eventId: string, key: OnceKey | null = null) {
  return reverseEvent({ tenantId: tenant.id, eventId, comment: "By a test.", key });
}

function burn(tenant: TestTenant, code: string, key: OnceKey | null = null) {
  return validateVoucher({ tenantId: tenant.id, code, isOnlyLook: false, key });
}

/** What a test's member has bought, with the code that the database keeps for it. */
async function buyOne(tenant: TestTenant, memberId: MemberId, externalId = "coffee") {
  const { benefit } = await buy(tenant, memberId, await rewardIdOf(tenant, externalId));
  const where = { tenantId_id: { tenantId: tenant.id, id: benefit.id } };
  const { code } = await db().benefit.findUniqueOrThrow({ where });
  return { benefitId: benefit.id, code: code ?? "" };
}

function benefitRow(tenant: TestTenant, id: string) {
  return db().benefit.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.id, id } } });
}

function countEvents(tenant: TestTenant, type: string): Promise<number> {
  return db().event.count({ where: { tenantId: tenant.id, type } });
}

async function rewardRow(tenant: TestTenant, externalId: string) {
  return db().reward.findUniqueOrThrow({
    where: { tenantId_externalId: { tenantId: tenant.id, externalId } },
    select: { issuedCount: true, codesLeft: true },
  });
}

async function budgetUsed(tenant: TestTenant, name: string): Promise<number> {
  const rule = await db().rule.findUniqueOrThrow({ where: { tenantId_name: { tenantId: tenant.id, name } } });
  return Number(rule.budgetUsedPoints);
}

function signIn(tenant: TestTenant, authIdentifier: string, more: object = {}) {
  return postAuth(tenant, { body: { selector: { authIdentifier }, profile: { ...profile, ...more } } });
}

test("of fifty purchases with points for one, one succeeds", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const counts = await countOutcomes(50, () => buy(tenant, memberId, rewardId));

  expect(counts).toEqual({ done: 1, points_insufficient: 49 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, spentPoints: 100 });
  expect(await rewardRow(tenant, "coffee")).toMatchObject({ issuedCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("of twenty corrections that each take all points, one succeeds", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 100);

  const counts = await countOutcomes(20, () => adjust(tenant, memberId, -100));

  expect(counts).toEqual({ done: 1, points_insufficient: 19 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, spentPoints: 100 });
  expect(await checkLaws()).toEqual([]);
});

test.each([
  ["piece of stock", { stock: 1 }],
  ["code of the pool", { codeType: "POOL", codes: ["A-1"] }],
])("the last %s goes to one of thirty members", async (_what, shelf) => {
  const tenant = await createProgramme({ rewards: [{ ...coffee, ...shelf }] });
  const members = await createMembers(tenant, 30, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const counts = await countOutcomes(30, (index) => buy(tenant, members[index] as MemberId, rewardId));

  expect(counts).toEqual({ done: 1, reward_out_of_stock: 29 });
  expect(await rewardRow(tenant, "coffee")).toMatchObject({ issuedCount: 1, codesLeft: 0 });
  expect(await checkLaws()).toEqual([]);
});

test("thirty members who buy at once get every code of a pool once", async () => {
  const codes = Array.from({ length: 20 }, (_, number) => `A-${number}`);
  const tenant = await createProgramme({ rewards: [{ ...coffee, codeType: "POOL", codes }] });
  const members = await createMembers(tenant, 30, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const counts = await countOutcomes(30, (index) => buy(tenant, members[index] as MemberId, rewardId));

  expect(counts).toEqual({ done: 20, reward_out_of_stock: 10 });
  const handedOut = await db().benefit.findMany({ where: { tenantId: tenant.id } });
  expect(handedOut.map(({ code }) => code).sort()).toEqual([...codes].sort());
  expect(await checkLaws()).toEqual([]);
});

test("drawn codes run out when a pattern is used up, and none is handed out twice", async () => {
  const generated = { codeType: "GENERATED", codePattern: "TEN-9" };
  const tenant = await createProgramme({ rewards: [{ ...coffee, ...generated }] });
  const members = await createMembers(tenant, 16, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const counts = await countOutcomes(16, (index) => buy(tenant, members[index] as MemberId, rewardId));

  expect(counts).toEqual({ done: 10, reward_out_of_stock: 6 });
  const handedOut = await db().benefit.findMany({ where: { tenantId: tenant.id } });
  expect(new Set(handedOut.map(({ code }) => code)).size).toBe(10);
  expect(await checkLaws()).toEqual([]);
});

test("one member who buys thirty times at once stays within the reward's limit", async () => {
  const tenant = await createProgramme({ rewards: [{ ...coffee, perMemberLimit: 2 }] });
  const memberId = await createMember(tenant, 10_000);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const counts = await countOutcomes(30, () => buy(tenant, memberId, rewardId));

  expect(counts).toEqual({ done: 2, reward_limit_reached: 28 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 9_800 });
  expect(await checkLaws()).toEqual([]);
});

test("fifty purchases with one key are one purchase, and all get its answer", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 10_000);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const key = newKey();

  const purchases = await Promise.all(Array.from({ length: 50 }, () => buy(tenant, memberId, rewardId, key)));

  expect(purchases.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
  const first = { ...purchases[0], isReplay: false };
  for (const purchase of purchases) expect({ ...purchase, isReplay: false }).toEqual(first);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 9_900, entryCount: 2 });
  expect(await countEvents(tenant, "PURCHASED_REWARD")).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("fifty reports with one key are one event, and all get its answer", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const key = newKey();

  const reports = await Promise.all(Array.from({ length: 50 }, () => report(tenant, memberId, { key })));

  expect(reports.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
  const first = { ...reports[0], isReplay: false };
  for (const each of reports) expect({ ...each, isReplay: false }).toEqual(first);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10, entryCount: 1 });
  expect(await countEvents(tenant, "PURCHASE")).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("corrections, redemptions, cancellations and reversals with one key each happen once", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 100);
  const { event } = await report(tenant, memberId);
  const { benefitId } = await buyOne(tenant, memberId);
  const keys = Array.from({ length: 4 }, () => newKey());
  const commands: (() => Promise<{ isReplay: boolean }>)[] = [
    () => adjust(tenant, memberId, 7, keys[0]),
    () => redeem(tenant, memberId, benefitId, keys[1]),
    () => reverse(tenant, event.id, keys[2]),
    () => cancel(tenant, benefitId, keys[3]),
  ];

  const answers = [];
  for (const command of commands) answers.push(await Promise.all(Array.from({ length: 20 }, command)));

  for (const results of answers) {
    expect(results.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    const first = { ...results[0], isReplay: false };
    for (const result of results) expect({ ...result, isReplay: false }).toEqual(first);
  }
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 107, entryCount: 6 });
  expect(await countEvents(tenant, "REDEEMED_VOUCHER")).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("of calls with one key, those with the first body are answered, the others refused", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 10_000);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const key = randomUUID();

  const counts = await countOutcomes(20, (index) =>
    buy(tenant, memberId, rewardId, onceKey("a test", key, { comment: index % 2 })),
  );

  expect(counts).toEqual({ done: 10, idempotency_key_reused: 10 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 9_900 });
});

test("a key that only met refusals is free for the call that may", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 10);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const key = newKey();

  const refused = await countOutcomes(20, () => buy(tenant, memberId, rewardId, key));
  await adjust(tenant, memberId, 90);
  const counts = await countOutcomes(20, () => buy(tenant, memberId, rewardId, key));

  expect(refused).toEqual({ points_insufficient: 20 });
  expect(counts).toEqual({ done: 20 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, spentPoints: 100 });
});

test("fifty reports with one externalId are one event with one set of points", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);

  const reports = await Promise.all(
    Array.from({ length: 50 }, () => report(tenant, memberId, { externalId: "order-1" })),
  );

  expect(reports.filter(({ isKnown }) => !isKnown)).toHaveLength(1);
  expect(new Set(reports.map(({ event }) => event.id)).size).toBe(1);
  expect(reports.every(({ balancePoints }) => balancePoints === 10)).toBe(true);
  expect(reports.every(({ reactions }) => reactions.length === 1)).toBe(true);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 10, entryCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("an externalId that two members report at once belongs to one of them", async () => {
  const tenant = await createProgramme();
  const members = await createMembers(tenant, 2);

  const counts = await countOutcomes(40, (index) =>
    report(tenant, members[index % 2] as MemberId, { externalId: "order-1" }),
  );

  expect(counts).toEqual({ done: 20, external_id_taken: 20 });
  const wallets = await Promise.all(members.map((memberId) => walletRow(tenant, memberId)));
  expect(wallets.map(({ balancePoints }) => balancePoints).sort()).toEqual([0, 10]);
  expect(await checkLaws()).toEqual([]);
});

test("a budget is used up by forty members at once, and never overspent", async () => {
  const budget = { name: "budget", eventType: "PURCHASE", effect: fixed(7), limits: { budgetPoints: 100 } };
  const tenant = await createProgramme({ rules: [budget] });
  const members = await createMembers(tenant, 40);

  const reports = await Promise.all(members.map((memberId) => report(tenant, memberId)));

  expect(reports.filter(({ reactions }) => reactions.length === 1)).toHaveLength(14);
  expect(await budgetUsed(tenant, "budget")).toBe(98);
  expect(await checkLaws()).toEqual([]);
});

test("a member's limit holds under forty events at once", async () => {
  const perMember = { times: 3, period: "DAY" };
  const limited = { name: "limited", eventType: "PURCHASE", effect: fixed(5), limits: { perMember } };
  const tenant = await createProgramme({ rules: [limited] });
  const memberId = await createMember(tenant);
  const occurredAt = new Date();

  const reports = await Promise.all(
    Array.from({ length: 40 }, () => report(tenant, memberId, { occurredAt })),
  );

  expect(reports.filter(({ reactions }) => reactions.length === 1)).toHaveLength(3);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 15 });
  expect(await checkLaws()).toEqual([]);
});

test("a reward that a rule gives goes to as many as there is stock for", async () => {
  const gift = { name: "gift", eventType: "PURCHASE", effect: given("coffee") };
  const tenant = await createProgramme({ rewards: [{ ...coffee, stock: 5 }], rules: [gift] });
  const members = await createMembers(tenant, 30, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const [reports, purchases] = await Promise.all([
    Promise.all(members.map((memberId) => report(tenant, memberId))),
    countOutcomes(30, (index) => buy(tenant, members[index] as MemberId, rewardId)),
  ]);

  const givenAway = reports.filter(({ reactions }) => reactions.length === 1).length;
  expect(givenAway + (purchases.done ?? 0)).toBe(5);
  expect(await rewardRow(tenant, "coffee")).toMatchObject({ issuedCount: 5 });
  expect(await checkLaws()).toEqual([]);
});

test("points that are due expire once, whoever comes first, and buy nothing any more", async () => {
  const tenant = await createProgramme({ rewards: [coffee], pointsExpiry: { afterDays: 30 } });
  const members = await createMembers(tenant, 5, 100);
  const rewardId = await rewardIdOf(tenant, "coffee");
  daysLater(30.01);

  const calls = members.flatMap((memberId) => [
    () => buy(tenant, memberId, rewardId),
    () => settleWallet(tenant.id, memberId),
    () => adjust(tenant, memberId, -1),
    () => sweepWallets(),
    () => buy(tenant, memberId, rewardId),
  ]);
  const counts = await countOutcomes(calls.length, (index) => calls[index]?.() as Promise<unknown>);

  expect(counts).toEqual({ done: 10, points_insufficient: 15 });
  for (const memberId of members) {
    expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, expiredPoints: 100 });
  }
  expect(await countEvents(tenant, "POINTS_EXPIRED")).toBe(5);
  expect(await checkLaws()).toEqual([]);
});

test("points in their last moment are either spent or expired, never both", async () => {
  const tenant = await createProgramme({ rewards: [coffee], pointsExpiry: { afterDays: 30 } });
  const rewardId = await rewardIdOf(tenant, "coffee");

  for (const msBefore of [0, 5, 10, 15, 20, 25, 30, 40, 50, 60]) {
    daysLater(0);
    const memberId = await createMember(tenant, 100);
    const { nextExpiryAt } = await walletRow(tenant, memberId);
    moveClock((nextExpiryAt as Date).getTime() - msBefore - Date.now());
    const counts = await countOutcomes(15, async (index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 4));
      if (index % 5 === 4) return sweepWallets();
      return index % 5 === 2 ? settleWallet(tenant.id, memberId) : buy(tenant, memberId, rewardId);
    });

    const { spentPoints, expiredPoints } = await walletRow(tenant, memberId);
    const bought = (counts.done ?? 0) - 6;
    expect([spentPoints, expiredPoints]).toEqual(bought === 1 ? [100, 0] : [0, 100]);
    expect(bought + (counts.points_insufficient ?? 0)).toBe(9);
  }
  expect(await checkLaws()).toEqual([]);
});

test("points that unlock are there once for all who come at that moment, and pay for one", async () => {
  const rule = { name: "late", eventType: "PURCHASE", effect: fixed(100), pendingDays: 14 };
  const tenant = await createProgramme({ rewards: [coffee], rules: [rule] });
  const memberId = await createMember(tenant);
  const rewardId = await rewardIdOf(tenant, "coffee");
  await report(tenant, memberId);
  const early = await codeOf(buy(tenant, memberId, rewardId));
  daysLater(14.01);

  const counts = await countOutcomes(30, (index) =>
    index % 3 === 0 ? settleWallet(tenant.id, memberId) : buy(tenant, memberId, rewardId),
  );

  expect(early).toBe("points_insufficient");
  expect(counts).toEqual({ done: 11, points_insufficient: 19 });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 0, pendingPoints: 0, lifetimePoints: 100, spentPoints: 100, entryCount: 2 },
  });
  expect(await checkLaws()).toEqual([]);
});

test("a benefit is redeemed once while the wallet's points expire", async () => {
  const consolation = { name: "consolation", eventType: "POINTS_EXPIRED", effect: fixed(3) };
  const thanks = { name: "thanks", eventType: "REDEEMED_VOUCHER", effect: fixed(5) };
  const rules = [consolation, thanks];
  const tenant = await createProgramme({ rewards: [coffee], rules, pointsExpiry: { afterDays: 30 } });
  const memberId = await createMember(tenant, 150);
  const { benefitId } = await buyOne(tenant, memberId);
  daysLater(30.01);

  const counts = await countOutcomes(30, (index) => {
    if (index % 3 === 0) return settleWallet(tenant.id, memberId);
    return index % 3 === 1 ? redeem(tenant, memberId, benefitId) : sweepWallets();
  });

  expect(counts).toEqual({ done: 21, benefit_already_redeemed: 9 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 8, expiredPoints: 50 });
  expect(await checkLaws()).toEqual([]);
});

test("a wallet that many read at once is settled once", async () => {
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 30 } });
  const memberId = await createMember(tenant, 100);
  daysLater(30.01);

  const counts = await countOutcomes(50, () => settleWallet(tenant.id, memberId));

  expect(counts).toEqual({ done: 50 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, entryCount: 2 });
  expect(await countEvents(tenant, "POINTS_EXPIRED")).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("of twenty cancellations of one benefit, one pays back", async () => {
  const tenant = await createProgramme({ rewards: [{ ...coffee, codeType: "POOL", codes: ["A-1", "A-2"] }] });
  const memberId = await createMember(tenant, 100);
  const { benefitId } = await buyOne(tenant, memberId);

  const counts = await countOutcomes(20, () => cancel(tenant, benefitId));

  expect(counts).toEqual({ done: 1, already_reversed: 19 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, spentPoints: 0 });
  expect(await rewardRow(tenant, "coffee")).toEqual({ issuedCount: 0, codesLeft: 2 });
  expect(await checkLaws()).toEqual([]);
});

test("of twenty reversals of one event, one takes back", async () => {
  const budget = { name: "budget", eventType: "PURCHASE", effect: fixed(7), limits: { budgetPoints: 100 } };
  const gift = { name: "gift", eventType: "PURCHASE", effect: given("coffee") };
  const tenant = await createProgramme({ rewards: [{ ...coffee, stock: 9 }], rules: [budget, gift] });
  const memberId = await createMember(tenant, 100);
  const { event } = await report(tenant, memberId);

  const counts = await countOutcomes(20, () => reverse(tenant, event.id));

  expect(counts).toEqual({ done: 1, already_reversed: 19 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, lifetimePoints: 100 });
  expect(await budgetUsed(tenant, "budget")).toBe(0);
  expect(await rewardRow(tenant, "coffee")).toMatchObject({ issuedCount: 0 });
  expect(await checkLaws()).toEqual([]);
});

test("of thirty tills that use up one code, one may", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant, 100);
  const { code } = await buyOne(tenant, memberId);

  const counts = await countOutcomes(30, () => burn(tenant, code));

  expect(counts).toEqual({ done: 1, voucher_already_used: 29 });
  expect(await countEvents(tenant, "BURNED_VOUCHER")).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test("a benefit is redeemed before it is cancelled or never, and only an unseen code goes back", async () => {
  const codes = Array.from({ length: 12 }, (_, number) => `A-${number}`);
  const tenant = await createProgramme({ rewards: [{ ...coffee, codeType: "POOL", codes }] });
  const members = await createMembers(tenant, 12, 100);
  const benefits = await Promise.all(members.map((memberId) => buyOne(tenant, memberId)));

  const outcomes = await Promise.all(
    benefits.map(({ benefitId }, place) => {
      const calls = [
        redeem(tenant, members[place] as MemberId, benefitId),
        cancel(tenant, benefitId),
        redeem(tenant, members[place] as MemberId, benefitId),
        cancel(tenant, benefitId),
      ];
      return Promise.all((place % 2 ? calls : calls.reverse()).map(codeOf));
    }),
  );

  const rows = await Promise.all(benefits.map(({ benefitId }) => benefitRow(tenant, benefitId)));
  const redeemed = rows.filter(({ redeemedAt }) => redeemedAt !== null).length;
  expect(rows.every(({ cancelledAt }) => cancelledAt !== null)).toBe(true);
  expect(outcomes.flat().filter((code) => code === "done")).toHaveLength(12 + redeemed);
  expect(await rewardRow(tenant, "coffee")).toEqual({ issuedCount: 0, codesLeft: 12 - redeemed });
  expect(await countEvents(tenant, "REDEEMED_VOUCHER")).toBe(redeemed);
  expect(await checkLaws()).toEqual([]);
});

test("a benefit is used up at a till or cancelled, never both", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const members = await createMembers(tenant, 12, 100);
  const benefits = await Promise.all(members.map((memberId) => buyOne(tenant, memberId)));

  const outcomes = await Promise.all(
    benefits.map(({ benefitId, code }) =>
      Promise.all([burn(tenant, code), cancel(tenant, benefitId), burn(tenant, code)].map(codeOf)),
    ),
  );

  for (const [place, { benefitId }] of benefits.entries()) {
    const { burnedAt, cancelledAt } = await benefitRow(tenant, benefitId);
    expect([burnedAt, cancelledAt].filter((moment) => moment !== null)).toHaveLength(1);
    expect(outcomes[place]?.filter((code) => code === "done")).toHaveLength(1);
  }
  expect(await checkLaws()).toEqual([]);
});

test("points of an event are spent or taken back, and what is spent is told as a shortfall", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const members = await createMembers(tenant, 12);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const events = await Promise.all(
    members.map((memberId) => report(tenant, memberId, { payload: { total: 100 } })),
  );

  const results = await Promise.all(
    members.map((memberId, place) => {
      const purchases = () => Array.from({ length: 3 }, () => codeOf(buy(tenant, memberId, rewardId)));
      const early = place % 2 ? purchases() : [];
      const reversal = reverse(tenant, events[place]?.event.id ?? "");
      return Promise.all([reversal, Promise.all([...early, ...(place % 2 ? [] : purchases())])]);
    }),
  );

  for (const [place, [reversal, purchases]] of results.entries()) {
    const bought = purchases.filter((code) => code === "done").length;
    expect(reversal).toMatchObject(
      bought === 1
        ? { takenPoints: 0, shortfallPoints: 100, balancePoints: 0 }
        : { takenPoints: 100, shortfallPoints: 0, balancePoints: 0 },
    );
    expect(bought).toBeLessThanOrEqual(1);
    expect(await walletRow(tenant, members[place] as MemberId)).toMatchObject({
      ...{ balancePoints: 0, lifetimePoints: 0, spentPoints: bought * 100 },
    });
  }
  expect(await checkLaws()).toEqual([]);
});

test("calls that share budgets and rewards in either order all get through", async () => {
  const offer = (externalId: string) => ({ ...coffee, externalId, name: externalId, price: 10 });
  const buys = (externalId: string) => ({
    all: [{ field: "payload.rewardExternalId", operator: "eq", value: externalId }],
  });
  const gives = (name: string, eventType: string, reward: string, priority: number, conditions = {}) => ({
    ...{ name, eventType, effect: given(reward), priority, conditions },
  });
  const spends = (name: string, eventType: string, priority: number) => ({
    ...{ name, eventType, effect: fixed(2), priority, limits: { budgetPoints: 1_000_000 } },
  });
  const rewards = ["one", "two", "three"].map(offer);
  const rules = [
    gives("one, then two", "PURCHASED_REWARD", "two", 1, buys("one")),
    gives("two, then three", "PURCHASED_REWARD", "three", 1, buys("two")),
    gives("three, then one", "PURCHASED_REWARD", "one", 1, buys("three")),
    spends("a budget of purchases", "PURCHASED_REWARD", 5),
    spends("another budget of purchases", "PURCHASED_REWARD", -5),
    ...["one", "two", "three"].map((reward, place) => gives(`up ${reward}`, "UP", reward, place)),
    ...["one", "two", "three"].map((reward, place) => gives(`down ${reward}`, "DOWN", reward, -place)),
    ...[8, 9, -8, -9].map((priority) => spends(`up ${priority}`, "UP", priority)),
    ...[8, 9, -8, -9].map((priority) => spends(`down ${priority}`, "DOWN", priority)),
  ];
  const eventTypes = ["UP", "DOWN"].map((name) => ({ name, private: false }));
  const tenant = await createProgramme({ rewards, rules, eventTypes });
  const members = await createMembers(tenant, 40, 1_000);
  const rewardIds = await Promise.all(rewards.map(({ externalId }) => rewardIdOf(tenant, externalId)));
  const early = await Promise.all(members.map((memberId) => report(tenant, memberId, { type: "UP" })));

  const counts = await countOutcomes(200, (index) => {
    const place = index % 40;
    const memberId = members[place] as MemberId;
    const call = Math.floor(index / 40) + place;
    if (call % 5 === 0) return report(tenant, memberId, { type: "UP", payload: {} });
    if (call % 5 === 1) return report(tenant, memberId, { type: "DOWN", payload: {} });
    if (call % 5 === 2) return reverse(tenant, early[place]?.event.id ?? "");
    return buy(tenant, memberId, rewardIds[index % 3] ?? "");
  });

  expect(counts).toEqual({ done: 200 });
  expect(await budgetUsed(tenant, "another budget of purchases")).toBe(160);
  expect(await checkLaws()).toEqual([]);
});

test("sign-ins and redemptions of wallets that are due share rewards without an error", async () => {
  const offers = Array.from({ length: 6 }, (_, place) => ({
    ...{ ...coffee, externalId: `offer-${place}`, name: `Offer ${place}`, price: 0 },
  }));
  const listenTo = (eventType: string, places: number[]) =>
    places.map((place) => ({
      ...{ name: `${eventType} ${place}`, eventType, effect: given(`offer-${place}`) },
    }));
  const rules = [
    ...listenTo("POINTS_EXPIRED", [3, 4, 5]),
    ...listenTo("REDEEMED_VOUCHER", [0, 1, 2]),
    ...listenTo("PROFILE_UPDATED", [0, 1, 2, 3, 4, 5]),
  ];
  const expiry = { pointsExpiry: { afterDays: 30 } };
  const tenant = await createProgramme({ rewards: [coffee, ...offers], rules, ...expiry });
  const members = await createMembers(tenant, 12, 150);
  const benefits = await Promise.all(members.map((memberId) => buyOne(tenant, memberId)));
  const people = Array.from({ length: 24 }, () => randomUUID());
  await Promise.all(people.map((each) => signIn(tenant, each)));
  daysLater(30.01);

  const [counts, statuses] = await Promise.all([
    countOutcomes(12, (place) =>
      redeem(tenant, members[place] as MemberId, benefits[place]?.benefitId ?? ""),
    ),
    Promise.all(people.map((each) => signIn(tenant, each, { city: "Ghent" }))),
  ]);

  expect(counts).toEqual({ done: 12 });
  expect(statuses.map(({ status }) => status)).toEqual(Array(24).fill(200));
  expect(await rewardRow(tenant, "offer-0")).toMatchObject({ issuedCount: 36 });
  expect(await checkLaws()).toEqual([]);
});

test("fifty first sign-ins of one person at once are welcomed once", async () => {
  const welcome = { name: "welcome", eventType: "REGISTERED_ACCOUNT", effect: fixed(50) };
  const gift = { name: "gift", eventType: "REGISTERED_ACCOUNT", effect: given("coffee") };
  const tenant = await createProgramme({ rewards: [coffee], rules: [welcome, gift] });

  const answers = await Promise.all(Array.from({ length: 50 }, () => signIn(tenant, "user-1")));

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  const memberId = answers[0]?.json.data.user.id as MemberId;
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 50, entryCount: 1 });
  expect(await rewardRow(tenant, "coffee")).toMatchObject({ issuedCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("profiles that change thirty times at once give as often as the rule's limit says", async () => {
  const perMember = { times: 3, period: "EVER" };
  const rule = { name: "moved", eventType: "PROFILE_UPDATED", effect: fixed(5), limits: { perMember } };
  const tenant = await createProgramme({ rules: [rule] });
  const { json } = await signIn(tenant, "user-1");

  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, number) => signIn(tenant, "user-1", { city: `City ${number}` })),
  );

  expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200));
  expect(await countEvents(tenant, "PROFILE_UPDATED")).toBe(30);
  expect(await walletRow(tenant, json.data.user.id)).toMatchObject({ balancePoints: 15, entryCount: 3 });
  expect(await checkLaws()).toEqual([]);
});

test("events, purchases and cancellations of many members at once leave every total right", async () => {
  const tenant = await createProgramme({
    eventTypes: [purchaseType],
    rewards: [coffee, { ...mug, codeType: "POOL", codes: Array.from({ length: 15 }, (_, n) => `M-${n}`) }],
  });
  const members = await createMembers(tenant, 20, 500);
  const rewardIds = [await rewardIdOf(tenant, "coffee"), await rewardIdOf(tenant, "mug")];

  const results = await Promise.all(
    members
      .flatMap((memberId) =>
        [0, 1, 2, 3].map(async (turn) => {
          await report(tenant, memberId, { payload: { total: 100 } });
          const { benefit } = await buy(tenant, memberId, rewardIds[turn % 2] ?? "");
          if (turn < 2) await cancel(tenant, benefit.id);
          return turn < 2 ? 100 : 0;
        }),
      )
      .map((result) => result.catch(codeOfRefusal)),
  );

  const refused = results.filter((result) => result === "reward_out_of_stock").length;
  const kept = results.filter((result) => result === 0).length;
  const wallets = await Promise.all(members.map((memberId) => walletRow(tenant, memberId)));
  const sum = wallets.reduce((total, { balancePoints }) => total + Number(balancePoints), 0);
  expect(sum).toBe(20 * (500 + 4 * 100) - kept * 100);
  expect(results.filter((result) => result === 100)).toHaveLength(80 - kept - refused);
  expect(await checkLaws()).toEqual([]);
});

function codeOfRefusal(error: { code?: string }): string {
  if (error.code === undefined) throw error;
  return error.code;
}

test.runIf(serverUrl)(
  "a call whose key is held for longer than ten seconds is told that the first still runs",
  async () => {
    const tenant = await createProgramme({ rewards: [coffee] });
    const memberId = await createMember(tenant, 100);
    const rewardId = await rewardIdOf(tenant, "coffee");
    const key = newKey();
    const [{ name } = { name: "" }] = await db().$queryRaw<{ name: string }[]>`
      SELECT current_database() AS "name"`;
    const other = new Client({ connectionString: urlOfDatabase(serverUrl ?? "", name) });
    await other.connect();
    await other.query("BEGIN");
    await other.query("SELECT laurel_functions.claim_key($1, $2)", [tenant.id, key]);

    const codes = await Promise.all([
      codeOf(buy(tenant, memberId, rewardId, key)),
      codeOf(report(tenant, memberId, { key })),
      codeOf(adjust(tenant, memberId, 5, key)),
    ]);
    await other.end();
    const late = await codeOf(buy(tenant, memberId, rewardId, key));

    expect(codes).toEqual(Array(3).fill("idempotency_key_in_flight"));
    expect(late).toBe("done");
  },
);

test.runIf(serverUrl)("none of the above made two transactions wait for each other", async () => {
  const rows = await db().$queryRaw<{ deadlocks: number }[]>`
    SELECT "deadlocks"::int FROM pg_stat_database WHERE "datname" = current_database()`;

  expect(rows).toEqual([{ deadlocks: 0 }]);
});
