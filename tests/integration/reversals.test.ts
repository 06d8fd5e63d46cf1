import { expect, test } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import { type MemberId, newId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { cookieOf, postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  pointPerEuro,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: what an event gave can be taken back, once, as far as it is there; then it is as if it never was.
// Method: the command itself, after everything that can have become of the points meanwhile.

function reverse(tenant: TestTenant, eventId: string) {
  return reverseEvent({ tenantId: tenant.id, eventId, comment: "Returned.", key: null });
}

async function earn(tenant: TestTenant, memberId: MemberId, total: number): Promise<string> {
  return (await report(tenant, memberId, { payload: { total } })).event.id;
}

async function statementOf(tenant: TestTenant, memberId: MemberId) {
  return (await listStatement(tenant.id, memberId, { beforeSequence: null, limit: 100 })).entries;
}

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 60 };

test("what an event gave is taken back, counts as not earned, and the statement says why", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 30);
  const eventId = await earn(tenant, memberId, 100);

  const reversal = await reverse(tenant, eventId);

  expect(reversal).toEqual({
    ...{ eventId, memberId, takenPoints: 100, shortfallPoints: 0, balancePoints: 30 },
    isReplay: false,
  });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 30, lifetimePoints: 30, spentPoints: 0, expiredPoints: 0 },
  });
  expect((await statementOf(tenant, memberId))[0]).toMatchObject({
    ...{ kind: "REVERSAL", points: -100, balanceAfterPoints: 30, description: "Returned." },
    event: { type: "PURCHASE", payload: { total: 100 } },
    paidBy: [{ points: 100, description: "1 point per euro" }],
  });
  expect(await db().eventReversal.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
    { eventId, comment: "Returned.", takenPoints: 100n, shortfallPoints: 0n },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("an event is taken back once, also when twenty try at once", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 500);
  const eventId = await earn(tenant, memberId, 100);

  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(reverse(tenant, eventId))));

  expect(codes.sort()).toEqual([...Array(19).fill("already_reversed"), "done"]);
  expect(await codeOf(reverse(tenant, eventId))).toBe("already_reversed");
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 500, lifetimePoints: 500 });
  expect(await checkLaws()).toEqual([]);
});

test("what is spent already cannot be taken, and is told", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);
  await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));

  const reversal = await reverse(tenant, eventId);

  expect(reversal).toMatchObject({ takenPoints: 40, shortfallPoints: 60, balancePoints: 0 });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 0,
    lifetimePoints: 0,
    spentPoints: 60,
  });
  expect(await checkLaws()).toEqual([]);
});

test("where nothing is left the reversal takes nothing, is on record, and happens once", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);
  await adjust(tenant, memberId, -100);

  const reversal = await reverse(tenant, eventId);

  expect(reversal).toMatchObject({ takenPoints: 0, shortfallPoints: 100, balancePoints: 0 });
  expect((await statementOf(tenant, memberId))[0]).toMatchObject({ kind: "REVERSAL", points: 0, paidBy: [] });
  expect(await walletRow(tenant, memberId)).toMatchObject({ lifetimePoints: 0, spentPoints: 100 });
  expect(await codeOf(reverse(tenant, eventId))).toBe("already_reversed");
  expect(await checkLaws()).toEqual([]);
});

test("the event's own points go first, then what expires first of the others", async () => {
  stopTheClock();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 30 } });
  const memberId = await createMember(tenant, 50);
  moveTo(1);
  await adjust(tenant, memberId, 50);
  moveTo(2);
  const eventId = await earn(tenant, memberId, 100); // the last to expire
  await adjust(tenant, memberId, -70); // paid by the older ones

  await reverse(tenant, eventId);

  const lots = await db().pointLot.findMany({ where: { tenantId: tenant.id }, orderBy: { earnedAt: "asc" } });
  expect(lots.map(({ remainingPoints }) => Number(remainingPoints))).toEqual([0, 30, 0]);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 30, nextExpiryAt: addSeconds(start, 31 * 86_400) },
  });
  expect(await checkLaws()).toEqual([]);
});

test("points of the event that have expired are not taken from others", async () => {
  stopTheClock();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 10 } });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);
  await adjust(tenant, memberId, -30);
  moveTo(5);
  await adjust(tenant, memberId, 500);
  moveTo(10); // 70 of the 100 expire, also where nobody has looked

  const reversal = await reverse(tenant, eventId);

  expect(reversal).toMatchObject({ takenPoints: 30, shortfallPoints: 0, balancePoints: 470 });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 470, lifetimePoints: 500, spentPoints: 30, expiredPoints: 70 },
  });
  expect(await checkLaws()).toEqual([]);
});

test("pending points of the event are dropped, and those of others stay", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    rules: [pointPerEuro, { ...pointPerEuro, name: "Later", pendingDays: 5 }],
  });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);
  moveTo(1);
  await earn(tenant, memberId, 7);

  const reversal = await reverse(tenant, eventId);
  const reversed = await walletRow(tenant, memberId);
  moveTo(5);
  await settleWallet(tenant.id, memberId);
  const nothingUnlocked = await walletRow(tenant, memberId);
  moveTo(6);
  await settleWallet(tenant.id, memberId);

  expect(reversal).toMatchObject({ takenPoints: 100, shortfallPoints: 0, balancePoints: 7 });
  expect(reversed).toMatchObject({ pendingPoints: 7, nextUnlockAt: addSeconds(start, 6 * 86_400) });
  expect(nothingUnlocked).toEqual(reversed);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 14,
    lifetimePoints: 14,
    pendingPoints: 0,
  });
  expect(await checkLaws()).toEqual([]);
});

test("pending points whose time has come are points, and taken back as such", async () => {
  stopTheClock();
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, pendingDays: 5 }] });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);
  moveTo(5);

  const reversal = await reverse(tenant, eventId);

  expect(reversal).toMatchObject({ takenPoints: 100, balancePoints: 0 });
  expect((await statementOf(tenant, memberId)).map(({ kind }) => kind)).toEqual(["REVERSAL", "EARN"]);
  expect(await checkLaws()).toEqual([]);
});

test("a member limit and a budget get back what the event used of them", async () => {
  const limits = { perMember: { times: 1, period: "DAY" }, budgetPoints: 100 };
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, limits }] });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 80);
  const atLimit = await report(tenant, memberId, { payload: { total: 5 } });
  const other = await createMember(tenant);
  const overBudget = await report(tenant, other, { payload: { total: 21 } });

  await reverse(tenant, eventId);

  expect([atLimit.reactions, overBudget.reactions]).toEqual([[], []]);
  expect(await report(tenant, memberId, { payload: { total: 60 } })).toMatchObject({ balancePoints: 60 });
  expect(await report(tenant, memberId, { payload: { total: 1 } })).toMatchObject({ reactions: [] });
  expect(await report(tenant, other, { payload: { total: 41 } })).toMatchObject({ reactions: [] });
  expect(await report(tenant, other, { payload: { total: 40 } })).toMatchObject({ balancePoints: 40 });
  expect(await checkLaws()).toEqual([]);
});

test("dropped pending points go back to the budget, too", async () => {
  const limits = { budgetPoints: 100 };
  const tenant = await createProgramme({ rules: [{ ...pointPerEuro, limits, pendingDays: 5 }] });
  const memberId = await createMember(tenant);
  const eventId = await earn(tenant, memberId, 100);

  await reverse(tenant, eventId);

  expect(await report(tenant, memberId, { payload: { total: 100 } })).toMatchObject({
    reactions: [{ points: 100 }],
  });
  expect(await walletRow(tenant, memberId)).toMatchObject({ pendingPoints: 100 });
  expect(await checkLaws()).toEqual([]);
});

test("benefits that rules gave are cancelled, unless a till has used them up", async () => {
  const pool = { ...coffee, codeType: "POOL", codes: ["A-1", "A-2"], stock: 2 };
  const rules = [{ name: "A coffee", eventType: "PURCHASE", effect: { type: "REWARD", reward: "coffee" } }];
  const tenant = await createProgramme({ rewards: [pool], rules });
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];
  const used = await earn(tenant, memberId, 1);
  await validateVoucher({ tenantId: tenant.id, code: "A-1", isOnlyLook: false, key: null });
  const unused = await earn(tenant, memberId, 1);

  const reversals = [await reverse(tenant, used), await reverse(tenant, unused)];

  expect(reversals).toMatchObject([
    { takenPoints: 0, shortfallPoints: 0 },
    { takenPoints: 0, shortfallPoints: 0 },
  ]);
  const benefits = await db().benefit.findMany({ where: { tenantId: tenant.id }, orderBy: { code: "asc" } });
  expect(benefits.map(({ code, cancelledAt }) => [code, cancelledAt !== null])).toEqual([
    ["A-1", false],
    ["A-2", true],
  ]);
  expect(await report(tenant, other)).toMatchObject({ reactions: [{ type: "REWARD" }] }); // A-2 again
  expect(await db().rewardCode.count({ where: { tenantId: tenant.id, benefitId: null } })).toBe(0);
  expect(await checkLaws()).toEqual([]);
});

test("a benefit that was cancelled before is not cancelled twice", async () => {
  const rules = [{ name: "A coffee", eventType: "PURCHASE", effect: { type: "REWARD", reward: "coffee" } }];
  const tenant = await createProgramme({ rewards: [{ ...coffee, stock: 5 }], rules });
  const memberId = await createMember(tenant);
  const { event, reactions } = await report(tenant, memberId);
  const benefitId = reactions[0]?.type === "REWARD" ? reactions[0].benefitId : "";
  await cancelBenefit({ tenantId: tenant.id, benefitId, comment: "Oh no.", key: null });

  await reverse(tenant, event.id);

  expect(await db().reward.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({ issuedCount: 0 });
  expect(await checkLaws()).toEqual([]);
});

test("taking a purchase's event back takes what rules gave for it, and leaves the benefit", async () => {
  const rules = [{ name: "Thanks", eventType: "PURCHASED_REWARD", effect: { type: "POINTS", points: 5 } }];
  const tenant = await createProgramme({ rewards: [coffee], rules });
  const memberId = await createMember(tenant, 100);
  const { benefit } = await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  const event = await db().event.findFirstOrThrow({
    where: { tenantId: tenant.id, type: "PURCHASED_REWARD" },
  });

  const reversal = await reverse(tenant, event.id);

  expect(reversal).toMatchObject({ takenPoints: 5, balancePoints: 40 });
  const where = { tenantId_id: { tenantId: tenant.id, id: benefit.id } };
  expect(await db().benefit.findUnique({ where })).toMatchObject({ cancelledAt: null });
  expect(await checkLaws()).toEqual([]);
});

test("an event that gave nothing is taken back without an entry, once", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant, 10);
  const eventId = await earn(tenant, memberId, 0);

  expect(await reverse(tenant, eventId)).toMatchObject({
    takenPoints: 0,
    shortfallPoints: 0,
    balancePoints: 10,
  });
  expect(await statementOf(tenant, memberId)).toHaveLength(1);
  expect(await codeOf(reverse(tenant, eventId))).toBe("already_reversed");
});

test.each<[string, (ids: { foreign: string }) => string]>([
  ["is nobody's", () => newId()],
  ["is no id", () => "event"],
  ["is another programme's", ({ foreign }) => foreign],
])("an event whose id %s is not found", async (_what, idOf) => {
  const [tenant, other] = [await createProgramme(), await createProgramme()];
  const stranger = await createMember(other);
  const foreign = await earn(other, stranger, 100);

  expect(await codeOf(reverse(tenant, idOf({ foreign })))).toBe("not_found");
  expect(await walletRow(other, stranger)).toMatchObject({ balancePoints: 100 });
  expect(await db().eventReversal.count({ where: { tenantId: tenant.id } })).toBe(0);
});

test("a restricted member's events can be taken back; those of one who has left are not found", async () => {
  const tenant = await createProgramme();
  const [restricted, erased] = [await createMember(tenant), await createMember(tenant)];
  const events = [await earn(tenant, restricted, 10), await earn(tenant, erased, 10)] as const;
  await restrictMember(tenant.id, restricted, true);
  await eraseMember(tenant.id, erased);

  expect(await codeOf(reverse(tenant, events[0]))).toBe("done");
  expect(await codeOf(reverse(tenant, events[1]))).toBe("member_not_found");
  expect(await checkLaws()).toEqual([]);
});

test("taking back demotes: what does not count any more opens no tier's reward", async () => {
  const tiers = [{ name: "Gold", pointsRequirement: 100 }];
  const rewards = [{ ...coffee, price: 0, tier: "Gold" }];
  const tenant = await createProgramme({ tiers, rewards });
  const memberId = await createMember(tenant, 50);
  const eventId = await earn(tenant, memberId, 50);
  const rewardId = await rewardIdOf(tenant, "coffee");

  const before = await codeOf(buy(tenant, memberId, rewardId));
  await reverse(tenant, eventId);

  expect([before, await codeOf(buy(tenant, memberId, rewardId))]).toEqual(["done", "reward_not_available"]);
});

test("with a tier's window, what is taken back counts against nothing but itself", async () => {
  stopTheClock();
  const tenant = await createProgramme({ tierWindow: { days: 2 }, pointsExpiry: { afterDays: 30 } });
  const answer = await postAuth(tenant);
  const memberId = answer.json.data.user.id as MemberId;
  const credentials = await readCookieCredentials(new Headers({ cookie: cookieOf(answer) }));
  const tierPoints = async () =>
    (await readSession(tenant, credentials, { isActivity: false }))?.wallet.tierPoints;
  const [early, kept] = [await earn(tenant, memberId, 100), await earn(tenant, memberId, 3)];
  moveTo(1);
  const late = await earn(tenant, memberId, 40);
  await earn(tenant, memberId, 20);

  await reverse(tenant, early);
  const inside = await tierPoints();
  moveTo(2); // the first two are outside the window by now, and the reversal is not
  const partlyOutside = await tierPoints();
  await reverse(tenant, kept);
  const outside = await tierPoints();
  await reverse(tenant, late);

  expect(inside).toBe(63);
  expect(partlyOutside).toBe(60);
  expect(outside).toBe(60);
  expect(await tierPoints()).toBe(20);
  expect(await walletRow(tenant, memberId)).toMatchObject({ lifetimePoints: 20 });
  expect(await checkLaws()).toEqual([]);
});

test("an event that was taken back is not given again when it is reported again", async () => {
  const tenant = await createProgramme();
  const memberId = await createMember(tenant);
  const { event } = await report(tenant, memberId, { externalId: "order-1", payload: { total: 10 } });
  await reverse(tenant, event.id);

  const again = await report(tenant, memberId, { externalId: "order-1", payload: { total: 10 } });

  expect(again).toMatchObject({ isKnown: true, isReplay: false, balancePoints: 0, event: { id: event.id } });
  expect(await checkLaws()).toEqual([]);
});

test("spending and taking back at once never takes a balance below zero", async () => {
  const tenant = await createProgramme({ rewards: [coffee] });
  const rewardId = await rewardIdOf(tenant, "coffee");
  const members = await Promise.all(Array.from({ length: 10 }, () => createMember(tenant)));
  const events = await Promise.all(members.map((memberId) => earn(tenant, memberId, 60)));

  const outcomes = await Promise.all(
    members.map((memberId, index) =>
      Promise.all([codeOf(buy(tenant, memberId, rewardId)), reverse(tenant, events[index] as string)]),
    ),
  );

  for (const [code, { takenPoints, shortfallPoints }] of outcomes) {
    expect([takenPoints, shortfallPoints]).toEqual(code === "done" ? [0, 60] : [60, 0]);
  }
  expect(await checkLaws()).toEqual([]);
});
