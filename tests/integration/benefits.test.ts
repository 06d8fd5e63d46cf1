import { expect, test } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { stateOf } from "#lib/domain/benefits/benefit.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { getBenefit } from "#lib/domain/benefits/get-benefit.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import { type MemberId, newId, type SessionId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import { getWalletDetails } from "#lib/domain/ledger/get-wallet-details.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysAgo,
  pointPerEuro,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: a code is shown to its owner alone, is good once, and worth nothing once its benefit is taken back,
// which gives back exactly what was paid.
// Method: the commands of the member, the till and the admin on one benefit, in every order and at all times.

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 };
const pooled = { ...coffee, codes: ["A-1", "A-2"] };

/** A member with 500 points who has bought the one reward. */
async function createOwner(reward: Record<string, unknown> = pooled, settings: Record<string, unknown> = {}) {
  const tenant = await createProgramme({ rewards: [reward], ...settings });
  const memberId = await createMember(tenant, 500);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const { benefit } = await buy(tenant, memberId, rewardId);
  return { tenant, memberId, rewardId, benefitId: benefit.id };
}

async function redeem(tenant: TestTenant, memberId: MemberId, benefitId: string) {
  return (await redeemBenefit({ tenantId: tenant.id, memberId, benefitId, key: null })).benefit;
}

async function validate(tenant: TestTenant, code: string, isOnlyLook = false) {
  return (await validateVoucher({ tenantId: tenant.id, code, isOnlyLook, key: null })).benefit;
}

function cancel(tenant: TestTenant, benefitId: string) {
  return cancelBenefit({ tenantId: tenant.id, benefitId, comment: "Sold out.", key: null });
}

function look(tenant: TestTenant, memberId: MemberId, benefitId: string, sessionId: SessionId | null = null) {
  return getBenefit(tenant.id, memberId, benefitId, sessionId);
}

async function rowOf(tenant: TestTenant, benefitId: string) {
  return db().benefit.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.id, id: benefitId } } });
}

async function eventsOf(tenant: TestTenant, type: string) {
  const events = await db().event.findMany({ where: { tenantId: tenant.id, type } });
  return events.map(({ payload }) => payload);
}

async function stockOf(tenant: TestTenant) {
  const select = { issuedCount: true, codesLeft: true };
  return db().reward.findFirstOrThrow({ where: { tenantId: tenant.id }, select });
}

test("a code is hidden until its owner redeems it, and shown from then on", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner();
  const hidden = await look(tenant, memberId, benefitId);
  moveTo(1);

  const redeemed = await redeem(tenant, memberId, benefitId);

  const redeemedAt = addSeconds(start, 86_400);
  expect(hidden).toMatchObject({ code: null, redeemedAt: null });
  expect(JSON.stringify(hidden)).not.toContain("A-1");
  expect(redeemed).toMatchObject({ code: { value: "A-1", validatedAt: null }, redeemedAt, burnedAt: null });
  expect(await look(tenant, memberId, benefitId)).toEqual(redeemed);
  expect(await eventsOf(tenant, "REDEEMED_VOUCHER")).toEqual([
    { benefitId, rewardId, rewardExternalId: "coffee", rewardName: "Coffee", pricePoints: 100 },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("a benefit is redeemed once, also when twenty try at once", async () => {
  const { tenant, memberId, benefitId } = await createOwner();

  const codes = await Promise.all(
    Array.from({ length: 20 }, () => codeOf(redeem(tenant, memberId, benefitId))),
  );

  expect(codes.sort()).toEqual([...Array(19).fill("benefit_already_redeemed"), "done"]);
  expect(await eventsOf(tenant, "REDEEMED_VOUCHER")).toHaveLength(1);
});

test.each<[string, (tenant: TestTenant, memberId: MemberId, benefitId: string) => Promise<unknown>]>([
  ["redeemed", redeem],
  ["looked at", look],
])(
  "another member's benefit, another programme's, or none at all is not found and not %s",
  async (_what, act) => {
    const { tenant, memberId, benefitId } = await createOwner();
    const other = await createMember(tenant);
    const foreign = await createOwner();

    const codes = [
      await codeOf(act(tenant, other, benefitId)),
      await codeOf(act(tenant, memberId, foreign.benefitId)),
      await codeOf(act(tenant, memberId, newId())),
      await codeOf(act(tenant, memberId, "A-1")),
      await codeOf(act(tenant, memberId, `${benefitId}\n`)),
    ];

    expect(codes).toEqual(Array(5).fill("benefit_not_found"));
    expect(await rowOf(tenant, benefitId)).toMatchObject({ redeemedAt: null });
    expect(await rowOf(foreign.tenant, foreign.benefitId)).toMatchObject({ redeemedAt: null });
  },
);

test("a benefit can be redeemed until the millisecond in which it expires", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner({ ...pooled, validForDays: 7 });
  const second = await buy(tenant, memberId, rewardId);

  moveTo(7, -1);
  const last = await codeOf(redeem(tenant, memberId, benefitId));
  moveTo(7);
  const late = await codeOf(redeem(tenant, memberId, second.benefit.id));

  expect([last, late]).toEqual(["done", "benefit_expired"]);
  expect(await look(tenant, memberId, second.benefit.id)).toMatchObject({ code: null });
});

test("a cancelled benefit is gone for its owner, and a restricted owner redeems nothing", async () => {
  const { tenant, memberId, rewardId, benefitId } = await createOwner();
  await cancel(tenant, benefitId);
  const { benefit } = await buy(tenant, memberId, rewardId);
  await restrictMember(tenant.id, memberId, true);

  expect(await codeOf(redeem(tenant, memberId, benefit.id))).toBe("member_restricted");
  await restrictMember(tenant.id, memberId, false);
  expect(await codeOf(redeem(tenant, memberId, benefitId))).toBe("benefit_not_found");
  expect(await codeOf(look(tenant, memberId, benefitId))).toBe("benefit_not_found");
});

test("rules can give points for redeeming and for using up", async () => {
  const give = (eventType: string, points: number) => ({
    ...{ name: eventType, eventType, effect: { type: "POINTS", points } },
    conditions: { all: [{ field: "payload.rewardExternalId", operator: "eq", value: "coffee" }] },
  });
  const { tenant, memberId, benefitId } = await createOwner(pooled, {
    rules: [give("REDEEMED_VOUCHER", 5), give("BURNED_VOUCHER", 7)],
  });

  await redeem(tenant, memberId, benefitId);
  await validate(tenant, "A-1", true);
  const redeemed = await walletRow(tenant, memberId);
  await validate(tenant, "A-1");

  expect(redeemed.balancePoints).toBe(405);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 412 });
  expect(await checkLaws()).toEqual([]);
});

test("finding a benefit is an activity of the session; not finding it is none", async () => {
  stopTheClock();
  const tenant = await createProgramme({ rewards: [pooled], sessions: { idleSeconds: 600 } });
  const memberId = (await postAuth(tenant)).json.data.user.id as MemberId;
  await adjust(tenant, memberId, 100);
  const { benefit } = await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  const session = await db().session.findFirstOrThrow({ where: { memberId } });
  const lastActivityAt = async () =>
    (await db().session.findFirstOrThrow({ where: { memberId } })).lastActivityAt;

  moveTo(0, 60_000);
  await codeOf(look(tenant, memberId, newId(), session.id as SessionId));
  const notFound = await lastActivityAt();
  await look(tenant, memberId, benefit.id, session.id as SessionId);

  expect(notFound).toEqual(start);
  expect(await lastActivityAt()).toEqual(addSeconds(start, 60));
});

test("a till can look at a code as often as it likes, and use it up once", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner();
  await redeem(tenant, memberId, benefitId);
  moveTo(1);
  const seen = await validate(tenant, "A-1", true);
  moveTo(2);
  const seenAgain = await validate(tenant, "A-1", true);

  const burned = await validate(tenant, "A-1");

  const [dayOne, dayTwo] = [addSeconds(start, 86_400), addSeconds(start, 2 * 86_400)];
  expect(seen).toMatchObject({
    ...{ id: benefitId, memberId, redeemedAt: start, burnedAt: null },
    code: { value: "A-1", validatedAt: dayOne },
  });
  expect(seenAgain).toEqual(seen);
  expect(burned).toMatchObject({ redeemedAt: start, burnedAt: dayTwo, code: { validatedAt: dayOne } });
  expect(await look(tenant, memberId, benefitId)).toEqual(burned);
  expect(await eventsOf(tenant, "BURNED_VOUCHER")).toEqual([
    { benefitId, rewardId, rewardExternalId: "coffee", rewardName: "Coffee", pricePoints: 100 },
  ]);
  expect(await codeOf(validate(tenant, "A-1"))).toBe("voucher_already_used");
  expect(await codeOf(validate(tenant, "A-1", true))).toBe("voucher_already_used");
  expect(await checkLaws()).toEqual([]);
});

test("of twenty tills at once one uses the code up", async () => {
  const { tenant, memberId, benefitId } = await createOwner();
  await redeem(tenant, memberId, benefitId);

  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(validate(tenant, "A-1"))));

  expect(codes.sort()).toEqual(["done", ...Array(19).fill("voucher_already_used")]);
  expect(await eventsOf(tenant, "BURNED_VOUCHER")).toHaveLength(1);
});

test("a till's look redeems nothing: its owner still can, and what nobody redeemed is used up", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner();
  const second = await buy(tenant, memberId, rewardId);

  const looked = await validate(tenant, "A-1", true);
  const row = await rowOf(tenant, benefitId);
  const shown = await look(tenant, memberId, benefitId);
  const redeemed = await redeem(tenant, memberId, benefitId);
  const burned = await validate(tenant, "A-2");

  expect(looked).toMatchObject({ id: benefitId, code: null, redeemedAt: null, burnedAt: null });
  expect(row).toMatchObject({ validatedAt: start, redeemedAt: null, burnedAt: null });
  expect(shown).toMatchObject({ code: null, redeemedAt: null });
  expect(redeemed).toMatchObject({ code: { value: "A-1", validatedAt: start }, redeemedAt: start });
  expect(await eventsOf(tenant, "REDEEMED_VOUCHER")).toMatchObject([{ benefitId }]);
  expect(burned).toMatchObject({
    id: second.benefit.id,
    redeemedAt: expect.any(Date),
    burnedAt: expect.any(Date),
  });
  expect(await codeOf(redeem(tenant, memberId, second.benefit.id))).toBe("benefit_already_redeemed");
  expect(await checkLaws()).toEqual([]);
});

test("a till finds generated codes, byte by byte", async () => {
  const { tenant, benefitId } = await createOwner({
    ...coffee,
    codeType: "GENERATED",
    codePattern: "XXXX-9999",
  });
  const code = (await rowOf(tenant, benefitId)).code ?? "";

  expect(await codeOf(validate(tenant, code.toLowerCase()))).toBe("benefit_not_found");
  expect(await codeOf(validate(tenant, ` ${code}`))).toBe("benefit_not_found");
  expect(await validate(tenant, code)).toMatchObject({ id: benefitId, code: { value: code } });
});

test("a till finds no code that nobody has bought, that is everybody's or another programme's", async () => {
  const sign = { ...coffee, externalId: "sign", code: "SUMMER", price: 0 };
  const { tenant, memberId } = await createOwner(pooled, { rewards: [pooled, sign] });
  await buy(tenant, memberId, await rewardIdOf(tenant, "sign"));
  const foreign = await createOwner({ ...coffee, codes: ["Z-1"] });

  const codes: string[] = [];
  for (const code of ["NOBODY", "A-2", "SUMMER", "Z-1", ""]) codes.push(await codeOf(validate(tenant, code)));

  expect(codes).toEqual(Array(5).fill("benefit_not_found"));
  expect(await rowOf(foreign.tenant, foreign.benefitId)).toMatchObject({ burnedAt: null, validatedAt: null });
});

test("a till takes no code that is past its time, was cancelled, or whose owner may not use it", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner({ ...pooled, validForDays: 7 });
  const [restricted, erased] = [await createMember(tenant, 100), await createMember(tenant, 100)];
  await redeem(tenant, memberId, benefitId);
  await cancel(tenant, benefitId); // its code was seen, and stays its own
  const cancelled = await codeOf(validate(tenant, "A-1"));
  await buy(tenant, restricted, rewardId);
  await restrictMember(tenant.id, restricted, true);
  const ofRestricted = await codeOf(validate(tenant, "A-2", true));
  await restrictMember(tenant.id, restricted, false);
  moveTo(7);
  const late = [await codeOf(validate(tenant, "A-2", true)), await codeOf(validate(tenant, "A-2"))];
  await eraseMember(tenant.id, restricted);

  expect(cancelled).toBe("benefit_not_found");
  expect(ofRestricted).toBe("member_restricted");
  expect(late).toEqual(["benefit_expired", "benefit_expired"]);
  expect(await codeOf(validate(tenant, "A-2"))).toBe("benefit_not_found");
  expect(await codeOf(buy(tenant, erased, rewardId))).toBe("reward_out_of_stock");
  expect(await checkLaws()).toEqual([]);
});

test("cancelling gives points and stock back, and says so in the statement", async () => {
  const { tenant, memberId, benefitId } = await createOwner({ ...pooled, stock: 2 });
  const before = { wallet: await walletRow(tenant, memberId), stock: await stockOf(tenant) };

  const { benefit, refundedPoints } = await cancel(tenant, benefitId);

  expect(before).toMatchObject({
    wallet: { balancePoints: 400, spentPoints: 100 },
    stock: { issuedCount: 1, codesLeft: 1 },
  });
  expect(refundedPoints).toBe(100);
  expect(benefit).toMatchObject({ id: benefitId, cancelledAt: expect.any(Date), code: null });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 500,
    spentPoints: 0,
    lifetimePoints: 500,
  });
  expect(await stockOf(tenant)).toEqual({ issuedCount: 0, codesLeft: 2 });
  const { entries } = await listStatement(tenant.id, memberId, { beforeSequence: null, limit: 1 });
  expect(entries).toMatchObject([
    {
      ...{
        kind: "REFUND",
        points: 100,
        balanceAfterPoints: 500,
        rewardName: "Coffee",
        description: "Sold out.",
      },
      event: { type: "PURCHASED_REWARD", payload: { benefitId } },
      lots: [{ earnedPoints: 100, remainingPoints: 100 }],
    },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("a benefit is cancelled once, also when twenty try at once", async () => {
  const { tenant, memberId, benefitId } = await createOwner();

  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(cancel(tenant, benefitId))));

  expect(codes.sort()).toEqual([...Array(19).fill("already_reversed"), "done"]);
  expect(await codeOf(cancel(tenant, benefitId))).toBe("already_reversed");
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 500 });
  expect(await stockOf(tenant)).toEqual({ issuedCount: 0, codesLeft: 2 });
  expect(await checkLaws()).toEqual([]);
});

test("what a till has used up is not cancelled; of a till and an admin at once one comes first", async () => {
  const used = await createOwner();
  await validate(used.tenant, "A-1");
  const raced = await createOwner();

  const [till, admin] = await Promise.all([
    codeOf(validate(raced.tenant, "A-1")),
    codeOf(cancel(raced.tenant, raced.benefitId)),
  ]);

  expect(await codeOf(cancel(used.tenant, used.benefitId))).toBe("voucher_already_used");
  expect(await walletRow(used.tenant, used.memberId)).toMatchObject({ balancePoints: 400 });
  expect([
    ["done", "voucher_already_used"],
    ["benefit_not_found", "done"],
  ]).toContainEqual([till, admin]);
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, (foreign: string) => string]>([
  ["is nobody's", () => newId()],
  ["is no id", () => "A-1"],
  ["is another programme's", (foreign) => foreign],
])("a benefit whose id %s is not cancelled", async (_what, idOf) => {
  const [own, foreign] = [await createOwner(), await createOwner()];

  expect(await codeOf(cancel(own.tenant, idOf(foreign.benefitId)))).toBe("benefit_not_found");
  expect(await rowOf(foreign.tenant, foreign.benefitId)).toMatchObject({ cancelledAt: null });
});

test("points come back with their expiry, or with a new term where that has passed", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    rewards: [{ ...pooled, price: 60 }],
    pointsExpiry: { afterDays: 10 },
  });
  const memberId = await createMember(tenant, 30);
  moveTo(5);
  await adjust(tenant, memberId, 20);
  await forgetExpiry(tenant);
  await adjust(tenant, memberId, 100); // never expires
  const { benefit } = await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  await changeExpiry(tenant, 40);
  moveTo(12); // the first 30 would have expired on day 10

  await cancel(tenant, benefit.id);

  const lots = await db().pointLot.findMany({
    where: { tenantId: tenant.id, entry: { kind: "REFUND" } },
    orderBy: { earnedPoints: "asc" },
  });
  expect(lots.map(({ earnedPoints, expiresAt }) => [Number(earnedPoints), expiresAt])).toEqual([
    [10, null],
    [20, addSeconds(start, 15 * 86_400)],
    [30, addSeconds(start, 52 * 86_400)],
  ]);
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 150, spentPoints: 0, expiredPoints: 0 },
    nextExpiryAt: addSeconds(start, 15 * 86_400),
  });
  expect(await checkLaws()).toEqual([]);
});

async function changeExpiry(tenant: TestTenant, afterDays: number | null): Promise<void> {
  const { code, name, authMode, host } = tenant;
  const pointsExpiry = afterDays === null ? null : { afterDays };
  await applyProgramme(
    JSON.stringify({ tenants: [{ code, name, authMode, hostnames: [host], pointsExpiry }] }),
  );
}

function forgetExpiry(tenant: TestTenant): Promise<void> {
  return changeExpiry(tenant, null);
}

test("a pool's code that nobody has seen waits for its next buyer, and is only theirs", async () => {
  const { tenant, memberId, rewardId, benefitId } = await createOwner();
  const other = await createMember(tenant, 100);
  await cancel(tenant, benefitId);

  const again = await buy(tenant, other, rewardId);
  const redeemed = await redeem(tenant, other, again.benefit.id);

  expect(redeemed.code).toMatchObject({ value: "A-1" });
  expect(await codeOf(look(tenant, memberId, benefitId))).toBe("benefit_not_found");
  expect(await validate(tenant, "A-1")).toMatchObject({ memberId: other });
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, (owner: Awaited<ReturnType<typeof createOwner>>) => Promise<unknown>]>([
  ["its owner has seen", ({ tenant, memberId, benefitId }) => redeem(tenant, memberId, benefitId)],
  ["a till has seen", ({ tenant }) => validate(tenant, "A-1", true)],
])("a pool's code that %s is not handed out again", async (_what, see) => {
  const owner = await createOwner();
  const { tenant, memberId, rewardId, benefitId } = owner;
  await see(owner);
  const { redeemedAt, validatedAt } = await rowOf(tenant, benefitId);
  expect([redeemedAt, validatedAt].filter((moment) => moment !== null)).toHaveLength(1);

  await cancel(tenant, benefitId);

  expect(await stockOf(tenant)).toEqual({ issuedCount: 0, codesLeft: 1 });
  const { benefit } = await buy(tenant, memberId, rewardId);
  expect(await rowOf(tenant, benefit.id)).toMatchObject({ code: "A-2" });
  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("reward_out_of_stock");
  expect(await codeOf(validate(tenant, "A-1"))).toBe("benefit_not_found");
  expect(await checkLaws()).toEqual([]);
});

test("a generated code is not made again after its benefit was cancelled", async () => {
  const { tenant, memberId, rewardId, benefitId } = await createOwner({
    ...coffee,
    price: 0,
    codeType: "GENERATED",
    codePattern: "9",
  });
  await cancel(tenant, benefitId);
  for (let bought = 0; bought < 9; bought++) await buy(tenant, memberId, rewardId);

  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("reward_out_of_stock");
  expect(await checkLaws()).toEqual([]);
});

test("what cost nothing is cancelled without an entry; what a rule gave, too", async () => {
  const rules = [{ name: "A coffee", eventType: "PURCHASE", effect: { type: "REWARD", reward: "coffee" } }];
  const { tenant, memberId, benefitId } = await createOwner({ ...coffee, price: 0, stock: 9 }, { rules });
  const { reactions } = await report(tenant, memberId);
  const given = reactions[0]?.type === "REWARD" ? reactions[0].benefitId : "";

  const refunds = [await cancel(tenant, benefitId), await cancel(tenant, given)];

  expect(refunds.map(({ refundedPoints }) => refundedPoints)).toEqual([0, 0]);
  expect(await stockOf(tenant)).toMatchObject({ issuedCount: 0 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 500, entryCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("a restricted member's benefit can be cancelled", async () => {
  const { tenant, memberId, benefitId } = await createOwner();
  await restrictMember(tenant.id, memberId, true);

  expect(await cancel(tenant, benefitId)).toMatchObject({ refundedPoints: 100 });
});

test("what was spent has its room in the wallet, and can come back", async () => {
  const { tenant, memberId, benefitId } = await createOwner();
  await adjust(tenant, memberId, Number.MAX_SAFE_INTEGER - 500);

  expect(await codeOf(adjust(tenant, memberId, 1))).toBe("invalid_input");
  expect(await cancel(tenant, benefitId)).toMatchObject({ refundedPoints: 100 });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: Number.MAX_SAFE_INTEGER, spentPoints: 0 },
  });
  expect(await checkLaws()).toEqual([]);
});

test("a refund that could not expire within 2^53 - 1 is refused, and nothing has changed", async () => {
  stopTheClock();
  const { tenant, memberId, benefitId } = await createOwner(pooled, { pointsExpiry: { afterDays: 10 } });
  await adjust(tenant, memberId, Number.MAX_SAFE_INTEGER - 500);
  moveTo(10); // all but the spent 100 expire
  const command = { tenant, memberId, comment: "Why.", key: null, impact: "NONE" } as const;
  await adjustPoints({ ...command, points: 1 });
  const before = await walletRow(tenant, memberId);

  expect(await codeOf(cancel(tenant, benefitId))).toBe("invalid_input");
  expect(before).toMatchObject({ balancePoints: 1, expiredPoints: Number.MAX_SAFE_INTEGER - 100 });
  expect(await walletRow(tenant, memberId)).toEqual(before);
  expect(await rowOf(tenant, benefitId)).toMatchObject({ cancelledAt: null });
  expect(await checkLaws()).toEqual([]);
});

/** Rules that thank for a purchase of coffee with points, with points that come later, and with a cake. */
const cake = { externalId: "cake", name: "Cake", type: "VOUCHER", price: 0, stock: 3 };
const thanks = (change: Record<string, unknown>) => ({ eventType: "PURCHASED_REWARD", ...change });
const bonus = (points: number) => thanks({ name: `${points} points`, effect: { type: "POINTS", points } });
const later = { ...bonus(20), name: "Later", pendingDays: 5 };
const withCake = thanks({ name: "Cake, too", effect: { type: "REWARD", reward: "cake" } });

async function purchaseEventOf(tenant: TestTenant): Promise<string> {
  const where = { tenantId: tenant.id, type: "PURCHASED_REWARD" };
  return (await db().event.findFirstOrThrow({ where })).id;
}

function reverse(tenant: TestTenant, eventId: string) {
  return reverseEvent({ tenantId: tenant.id, eventId, comment: "Returned.", key: null });
}

test("buying and cancelling again and again earns nothing", async () => {
  const limits = { budgetPoints: 60 };
  const { tenant, memberId, rewardId, benefitId } = await createOwner(pooled, {
    rewards: [pooled, cake],
    rules: [{ ...bonus(50), limits }, later, withCake],
  });
  const bought = await walletRow(tenant, memberId);

  const cancelled = await cancel(tenant, benefitId);
  for (let times = 0; times < 3; times++) {
    const again = await buy(tenant, memberId, rewardId);
    expect(again.balancePoints).toBe(450); // the budget is there again
    await cancel(tenant, again.benefit.id);
  }

  expect(bought).toMatchObject({ balancePoints: 450, pendingPoints: 20, lifetimePoints: 550 });
  expect(cancelled).toMatchObject({ refundedPoints: 100, shortfallPoints: 0, isReplay: false });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    ...{ balancePoints: 500, pendingPoints: 0, lifetimePoints: 500, spentPoints: 0, nextUnlockAt: null },
  });
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(8); // four of them cakes
  expect(await db().benefit.count({ where: { tenantId: tenant.id, cancelledAt: null } })).toBe(0);
  expect(await checkLaws()).toEqual([]);
});

test("members who buy and cancel at once never stand in each other's way", async () => {
  const rules = [{ ...bonus(5), limits: { budgetPoints: 1000 } }, withCake];
  const tenant = await createProgramme({ rewards: [coffee, { ...cake, stock: 99 }], rules });
  const rewardId = await rewardIdOf(tenant, "coffee");
  const members = await Promise.all(Array.from({ length: 10 }, () => createMember(tenant, 100)));

  await Promise.all(
    members.map(async (memberId) => {
      for (let times = 0; times < 5; times++) {
        await cancel(tenant, (await buy(tenant, memberId, rewardId)).benefit.id);
      }
    }),
  );

  for (const memberId of members) {
    expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 100, lifetimePoints: 100 });
  }
  expect(await checkLaws()).toEqual([]);
});

test("a purchase for nothing is cancelled with what rules gave for it", async () => {
  const settings = { rules: [bonus(50)] };
  const { tenant, memberId, benefitId } = await createOwner({ ...coffee, price: 0 }, settings);

  const { refundedPoints } = await cancel(tenant, benefitId);

  expect(refundedPoints).toBe(0);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 500, lifetimePoints: 500 });
  expect(await checkLaws()).toEqual([]);
});

test("a bonus that is spent already is told as a shortfall, and its event counts as taken back", async () => {
  const { tenant, memberId, benefitId } = await createOwner(coffee, { rules: [bonus(150)] });
  await adjust(tenant, memberId, -550); // 400 are left, and the bonus

  const cancelled = await cancel(tenant, benefitId);

  expect(cancelled).toMatchObject({ refundedPoints: 100, shortfallPoints: 50 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 0, lifetimePoints: 500 });
  expect(await db().eventReversal.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
    { takenPoints: 100n, shortfallPoints: 50n, comment: "Sold out." },
  ]);
  expect(await codeOf(reverse(tenant, await purchaseEventOf(tenant)))).toBe("already_reversed");
  expect(await checkLaws()).toEqual([]);
});

test("a purchase whose event was taken back before is cancelled, and nothing is taken twice", async () => {
  const { tenant, memberId, benefitId } = await createOwner(coffee, { rules: [bonus(50)] });
  await reverse(tenant, await purchaseEventOf(tenant));
  const reversed = await walletRow(tenant, memberId);

  const cancelled = await cancel(tenant, benefitId);

  expect(reversed).toMatchObject({ balancePoints: 400, lifetimePoints: 500 });
  expect(cancelled).toMatchObject({ refundedPoints: 100, shortfallPoints: 0 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 500, lifetimePoints: 500 });
  expect(await db().eventReversal.count({ where: { tenantId: tenant.id } })).toBe(1);
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, Record<string, unknown>[]]>([
  ["a reported event", [pointPerEuro, { ...withCake, eventType: "PURCHASE" }]],
  ["a purchase", [bonus(10), withCake]],
])("cancelling what a rule gave for %s leaves what its other rules gave", async (_what, rules) => {
  const tenant = await createProgramme({ rewards: [coffee, cake], rules });
  const memberId = await createMember(tenant, 500);
  await report(tenant, memberId, { payload: { total: 10 } });
  const { benefit } = await buy(tenant, memberId, await rewardIdOf(tenant, "coffee"));
  const where = { tenantId: tenant.id, NOT: { id: benefit.id } };
  const given = await db().benefit.findFirstOrThrow({ where });

  const cancelled = await cancel(tenant, given.id);

  expect(cancelled).toMatchObject({ refundedPoints: 0, shortfallPoints: 0 });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 410, lifetimePoints: 510 });
  expect(await rowOf(tenant, benefit.id)).toMatchObject({ cancelledAt: null });
  expect(await reverse(tenant, given.eventId)).toMatchObject({ takenPoints: 10 });
  expect(await checkLaws()).toEqual([]);
});

test("the times say what state a benefit is in", async () => {
  stopTheClock();
  const { tenant, memberId, rewardId, benefitId } = await createOwner({ ...pooled, validForDays: 7 });
  const { benefit: second } = await buy(tenant, memberId, rewardId);
  const ready = stateOf(await look(tenant, memberId, benefitId), start);
  await redeem(tenant, memberId, benefitId);
  const redeemed = stateOf(await look(tenant, memberId, benefitId), start);
  await validate(tenant, "A-1");
  moveTo(7);
  const states = [benefitId, second.id].map(async (id) =>
    stateOf(await look(tenant, memberId, id), new Date()),
  );

  expect([ready, redeemed, ...(await Promise.all(states))]).toEqual(["ready", "redeemed", "used", "expired"]);
});

test("a wallet shows its benefits newest first, what expires by day, and what is on its way", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    rewards: [{ ...coffee, price: 10 }],
    pointsExpiry: { afterDays: 10 },
    rules: [{ ...pointPerEuro, pendingDays: 5 }],
  });
  const memberId = await createMember(tenant, 30);
  const rewardId = await rewardIdOf(tenant, "coffee");
  const bought: string[] = [];
  for (let hour = 1; hour <= 3; hour++) {
    moveTo(0, hour * 3_600_000);
    bought.unshift((await buy(tenant, memberId, rewardId)).benefit.id);
    await adjust(tenant, memberId, 5);
  }
  await cancel(tenant, bought[1] as string);
  await report(tenant, memberId, { payload: { total: 7 } });
  await report(tenant, memberId, { payload: { total: 8 }, occurredAt: daysAgo(1) });
  moveTo(1);
  await adjust(tenant, memberId, 100);

  const { benefits, expiries, expiryMonths, pending } = await getWalletDetails(tenant.id, memberId);

  expect(benefits.map(({ id }) => id)).toEqual([bought[0], bought[2]]);
  expect(benefits[0]).toMatchObject({
    code: null,
    reward: { name: "Coffee" },
    createdAt: addSeconds(start, 10_800),
  });
  expect(expiries).toEqual([
    { points: 25, expiresAt: addSeconds(start, 10 * 86_400) },
    { points: 100, expiresAt: addSeconds(start, 11 * 86_400) },
  ]);
  const march = new Date("2027-03-01");
  expect(expiryMonths).toEqual({ months: [{ startsAt: march, points: 125 }], laterPoints: 0 });
  expect(pending).toMatchObject([
    { points: 8, unlocksAt: addSeconds(start, 4 * 86_400 + 10_800), ruleName: "1 point per euro" },
    { points: 7, unlocksAt: addSeconds(start, 5 * 86_400 + 10_800), ruleName: "1 point per euro" },
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("a wallet shows nothing of others, and no more than fits a page", async () => {
  stopTheClock();
  const tenant = await createProgramme({
    rewards: [{ ...coffee, price: 0 }],
    pointsExpiry: { afterDays: 30 },
    rules: [{ ...pointPerEuro, pendingDays: 20 }],
  });
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];
  const rewardId = await rewardIdOf(tenant, "coffee");
  for (let bought = 0; bought < 61; bought++) await buy(tenant, memberId, rewardId);
  for (let day = 0; day < 7; day++) {
    moveTo(day);
    await adjust(tenant, memberId, 1);
    await report(tenant, memberId, { payload: { total: 1 } });
  }

  const own = await getWalletDetails(tenant.id, memberId);

  expect([own.benefits, own.expiries, own.pending].map(({ length }) => length)).toEqual([60, 4, 6]);
  expect(own.pending[0]?.unlocksAt).toEqual(addSeconds(start, 20 * 86_400));
  const nothing = { benefits: [], expiries: [], expiryMonths: { months: [], laterPoints: 0 }, pending: [] };
  expect(await getWalletDetails(tenant.id, other)).toEqual(nothing);
  const foreign = await createProgramme();
  expect(await getWalletDetails(foreign.id, memberId)).toEqual(nothing);
});
