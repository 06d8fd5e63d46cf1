import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";
import { purchaseRewardRow } from "#lib/db/benefits.ts";
import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { type Buyer, purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { type MemberId, newId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { onceKey } from "#lib/domain/once.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";
import { cookieOf, postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  codeOf,
  createMember,
  createProgramme,
  daysAgo,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: nobody pays twice, no balance and no stock falls below zero, every code is handed out once.
// Method: the command itself, with every kind of buyer and reward; after a refusal, what is left behind.

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 };
const pooled = { ...coffee, codeType: "POOL", codes: ["C-3", "C-1", "C-2"] };
const gift = { ...coffee, price: 0, codeType: "STATIC", code: "HELLO" };

/** A programme with one reward, called coffee. */
async function createShop(reward: Record<string, unknown>, settings: Record<string, unknown> = {}) {
  const tenant = await createProgramme({ rewards: [reward], ...settings });
  return { tenant, rewardId: await rewardIdOf(tenant, "coffee") };
}

async function change(tenant: TestTenant, settings: Record<string, unknown>): Promise<void> {
  const { code, name, authMode, host } = tenant;
  await applyProgramme(
    JSON.stringify({ tenants: [{ code, name, authMode, hostnames: [host], ...settings }] }),
  );
}

function createMembers(tenant: TestTenant, count: number, points = 0): Promise<MemberId[]> {
  return Promise.all(Array.from({ length: count }, () => createMember(tenant, points)));
}

/** A member and the credentials of its browser. */
async function createSignedIn(tenant: TestTenant, points: number) {
  const authIdentifier = randomUUID();
  const answer = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
  const memberId = answer.json.data.user.id as MemberId;
  await adjust(tenant, memberId, points);
  const credentials = await readCookieCredentials(new Headers({ cookie: cookieOf(answer) }));
  return { memberId, authIdentifier, credentials };
}

function buyAs(tenant: TestTenant, buyer: Buyer, rewardId: string) {
  return purchaseReward({ tenantId: tenant.id, buyer, rewardId, comment: null, key: null });
}

/** The codes that were handed out, in the order of the purchases. */
async function codesOf(tenant: TestTenant): Promise<(string | null)[]> {
  const benefits = await db().benefit.findMany({
    where: { tenantId: tenant.id },
    orderBy: { createdAt: "asc" },
  });
  return benefits.map(({ code }) => code);
}

/** What a purchase would leave behind. */
async function traceOf(tenant: TestTenant) {
  const where = { tenantId: tenant.id };
  return {
    benefits: await db().benefit.count({ where }),
    entries: await db().ledgerEntry.count({ where }),
    purchases: await db().event.count({ where: { ...where, type: "PURCHASED_REWARD" } }),
    codes: await db().rewardCode.count({ where: { ...where, benefitId: { not: null } } }),
    rewards: await db().reward.findMany({ where, select: { issuedCount: true, codesLeft: true } }),
  };
}

test("a member earns by an event, buys a reward, and the wallet says so", async () => {
  const { tenant, rewardId } = await createShop(pooled);
  const memberId = await createMember(tenant);

  const earned = await report(tenant, memberId, { payload: { total: 200.99 } });
  const bought = await buy(tenant, memberId, rewardId);

  expect(earned).toMatchObject({
    balancePoints: 200,
    isReplay: false,
    reactions: [{ type: "POINTS", points: 200 }],
  });
  expect(bought).toMatchObject({
    balancePoints: 50,
    isReplay: false,
    benefit: { memberId, pricePoints: 150, code: null, redeemedAt: null, expiresAt: null, burnedAt: null },
  });
  expect(await walletRow(tenant, memberId)).toMatchObject({
    balancePoints: 50,
    lifetimePoints: 200,
    spentPoints: 150,
  });
  expect(
    await db().event.findFirst({ where: { tenantId: tenant.id, type: "PURCHASED_REWARD" } }),
  ).toMatchObject({
    memberId,
    payload: {
      ...{ benefitId: bought.benefit.id, rewardId, rewardExternalId: "coffee", rewardName: "Coffee" },
      pricePoints: 150,
    },
  });
  expect(await checkLaws()).toEqual([]);
});

test("too few points are refused with what there is and what it costs", async () => {
  const { tenant, rewardId } = await createShop(pooled);
  const memberId = await createMember(tenant, 149);
  const before = await traceOf(tenant);

  await expect(buy(tenant, memberId, rewardId)).rejects.toMatchObject({
    code: "points_insufficient",
    details: { balancePoints: 149, costPoints: 150 },
  });
  expect(await traceOf(tenant)).toEqual(before);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 149, spentPoints: 0 });
});

test("the last points can be spent", async () => {
  const { tenant, rewardId } = await createShop(pooled);
  const memberId = await createMember(tenant, 150);

  expect(await buy(tenant, memberId, rewardId)).toMatchObject({ balancePoints: 0 });
});

test("a pool hands out its codes in the order of the file, later ones last, and is sold out", async () => {
  const { tenant, rewardId } = await createShop({ ...pooled, price: 0 });
  const memberId = await createMember(tenant);
  await buy(tenant, memberId, rewardId);
  await change(tenant, { rewards: [{ ...pooled, price: 0, codes: ["A-9", "C-3", "C-2"] }] });

  for (let bought = 1; bought < 4; bought++) {
    await sleep(2); // so that they differ in their time
    await buy(tenant, memberId, rewardId);
  }

  expect(await codesOf(tenant)).toEqual(["C-3", "C-1", "C-2", "A-9"]);
  const before = await traceOf(tenant);
  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("reward_out_of_stock");
  expect(await traceOf(tenant)).toEqual(before);
  expect(await checkLaws()).toEqual([]);
});

test("fifty members want the last three codes at once: the others keep their points", async () => {
  const { tenant, rewardId } = await createShop(pooled);
  const members = await createMembers(tenant, 50, 150);

  const codes = await Promise.all(members.map((memberId) => codeOf(buy(tenant, memberId, rewardId))));

  expect(codes.filter((code) => code === "done")).toHaveLength(3);
  expect(new Set(codes)).toEqual(new Set(["done", "reward_out_of_stock"]));
  expect((await codesOf(tenant)).sort()).toEqual(["C-1", "C-2", "C-3"]);
  const balances = await db().wallet.findMany({ where: { tenantId: tenant.id, balancePoints: 150 } });
  expect(balances).toHaveLength(47);
  expect(await checkLaws()).toEqual([]);
});

test("a member who buys fifty times at once pays for what the points are enough for", async () => {
  const { tenant, rewardId } = await createShop({
    ...coffee,
    codePattern: "XXXX-9999",
    codeType: "GENERATED",
  });
  const memberId = await createMember(tenant, 449);

  const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(buy(tenant, memberId, rewardId))));

  expect(codes.sort()).toEqual(["done", "done", ...Array(48).fill("points_insufficient")]);
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 149, spentPoints: 300 });
  expect(await checkLaws()).toEqual([]);
});

test("generated codes follow their pattern, and no two are the same", async () => {
  const { tenant, rewardId } = await createShop({
    ...coffee,
    price: 0,
    codeType: "GENERATED",
    codePattern: "A-X9-B",
  });
  const members = await createMembers(tenant, 30);

  await Promise.all(members.map((memberId) => buy(tenant, memberId, rewardId)));

  const codes = await codesOf(tenant);
  expect(new Set(codes).size).toBe(30);
  for (const code of codes) expect(code).toMatch(/^A-[A-HJ-NP-Z]\d-B$/);
  expect(await checkLaws()).toEqual([]);
});

test("a pattern is used up to its last code, and passes over those of other rewards", async () => {
  const ownDigits = { ...coffee, externalId: "tea", price: 0, codeType: "POOL", codes: ["3", "7"] };
  const reward = { ...coffee, price: 0, codeType: "GENERATED", codePattern: "9" };
  const { tenant, rewardId } = await createShop(reward, { rewards: [ownDigits, reward] });
  const memberId = await createMember(tenant);
  for (let bought = 0; bought < 8; bought++) await buy(tenant, memberId, rewardId);
  const before = await traceOf(tenant);

  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("reward_out_of_stock");

  expect((await codesOf(tenant)).sort()).toEqual(["0", "1", "2", "4", "5", "6", "8", "9"]);
  expect(await traceOf(tenant)).toEqual(before);
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, Record<string, unknown>, string, RegExp | null]>([
  ["a voucher without codes makes them", {}, "GENERATED", /^[A-HJ-NP-Z]{4}-\d{4}$/],
  ["a voucher with codes is a pool", { codes: ["P-1"] }, "POOL", /^P-1$/],
  ["a voucher with one code shows it to all", { code: "SUMMER" }, "STATIC", /^SUMMER$/],
  ["an offer has no code", { type: "GENERIC_OFFER" }, "STATIC", null],
  ["an offer may have one", { type: "GENERIC_OFFER", code: "SUMMER" }, "STATIC", /^SUMMER$/],
  ["an offer may have a pool", { type: "GENERIC_OFFER", codes: ["P-1"] }, "POOL", /^P-1$/],
])("where the file says no codeType, %s", async (_what, settings, codeType, code) => {
  const { tenant, rewardId } = await createShop({ ...coffee, price: 0, ...settings });
  const memberId = await createMember(tenant);

  const { benefit } = await buy(tenant, memberId, rewardId);
  const redeemed = await redeemBenefit({ tenantId: tenant.id, memberId, benefitId: benefit.id, key: null });

  expect(await db().reward.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({ codeType });
  expect(benefit.code).toBeNull();
  expect(redeemed.benefit.code).toEqual(
    code === null ? null : { value: expect.stringMatching(code), validatedAt: null },
  );
  expect(await checkLaws()).toEqual([]);
});

test("a static code is every buyer's", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const members = await createMembers(tenant, 3);

  for (const memberId of members) await buy(tenant, memberId, rewardId);

  expect(await codesOf(tenant)).toEqual(["HELLO", "HELLO", "HELLO"]);
  expect(await checkLaws()).toEqual([]);
});

test.each<[string, Record<string, unknown>, number]>([
  ["a static code", { ...gift, stock: 2 }, 2],
  ["an offer", { ...coffee, price: 0, type: "GENERIC_OFFER", stock: 1 }, 1],
  ["a pool that has more codes", { ...pooled, price: 0, stock: 2 }, 2],
  ["a pool that has fewer codes", { ...pooled, price: 0, stock: 9 }, 3],
  ["nothing at all", { ...gift, stock: 0 }, 0],
])("the stock of %s is handed out and no more, also at once", async (_what, reward, count) => {
  const { tenant, rewardId } = await createShop(reward);
  const members = await createMembers(tenant, 12);

  const codes = await Promise.all(members.map((memberId) => codeOf(buy(tenant, memberId, rewardId))));

  expect(codes.sort()).toEqual([
    ...Array(count).fill("done"),
    ...Array(12 - count).fill("reward_out_of_stock"),
  ]);
  expect(await checkLaws()).toEqual([]);
});

test("a member gets as many as one may, also at once, and a cancelled one does not count", async () => {
  const { tenant, rewardId } = await createShop({ ...gift, perMemberLimit: 2 });
  const [memberId, other] = [await createMember(tenant), await createMember(tenant)];

  const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(buy(tenant, memberId, rewardId))));

  expect(codes.sort()).toEqual(["done", "done", ...Array(8).fill("reward_limit_reached")]);
  const { benefit } = await buy(tenant, other, rewardId);
  await buy(tenant, other, rewardId);
  await cancelBenefit({ tenantId: tenant.id, benefitId: benefit.id, comment: "Oh no.", key: null });
  expect(await codeOf(buy(tenant, other, rewardId))).toBe("done");
  expect(await codeOf(buy(tenant, other, rewardId))).toBe("reward_limit_reached");
  expect(await checkLaws()).toEqual([]);
});

test("a reward of a tier is for those who have earned as much, whatever they have spent since", async () => {
  const tiers = [{ name: "Gold", pointsRequirement: 100 }];
  const { tenant, rewardId } = await createShop({ ...gift, tier: "Gold" }, { tiers });
  const [nearly, just] = [await createMember(tenant, 99), await createMember(tenant, 100)];
  await adjust(tenant, just, -100);

  expect(await codeOf(buy(tenant, nearly, rewardId))).toBe("reward_not_available");
  expect(await codeOf(buy(tenant, just, rewardId))).toBe("done");
});

test("where a tier has a window, what was earned before it opens no reward", async () => {
  stopTheClock();
  const tiers = [{ name: "Gold", pointsRequirement: 100 }];
  const { tenant, rewardId } = await createShop(
    { ...gift, tier: "Gold" },
    { tiers, tierWindow: { days: 30 } },
  );
  const memberId = await createMember(tenant);
  await report(tenant, memberId, { payload: { total: 60 }, occurredAt: daysAgo(10) });
  await report(tenant, memberId, { payload: { total: 40 } });

  moveTo(20, -1);
  const last = await codeOf(buy(tenant, memberId, rewardId));
  moveTo(20);
  const gone = await codeOf(buy(tenant, memberId, rewardId));

  expect([last, gone]).toEqual(["done", "reward_not_available"]);
});

test("a reward is to be had from its first millisecond until before its last", async () => {
  stopTheClock();
  const availability = { start: "2027-03-11T10:00:00Z", end: "2027-03-12T10:00:00Z" };
  const { tenant, rewardId } = await createShop({ ...gift, availability });
  const memberId = await createMember(tenant);
  const codes: string[] = [];

  for (const [days, milliseconds] of [
    [1, -1],
    [1, 0],
    [2, -1],
    [2, 0],
  ] as const) {
    moveTo(days, milliseconds);
    codes.push(await codeOf(buy(tenant, memberId, rewardId)));
  }

  expect(codes).toEqual(["reward_not_available", "done", "done", "reward_not_available"]);
});

test("a benefit names its reward's category, and can be used for as long as the reward says", async () => {
  stopTheClock();
  const reward = { ...gift, category: "Treats", validForDays: 14 };
  const { tenant, rewardId } = await createShop(reward, { rewardCategories: [{ name: "Treats" }] });

  const { benefit } = await buy(tenant, await createMember(tenant), rewardId);

  expect(benefit).toMatchObject({
    createdAt: start,
    expiresAt: addSeconds(start, 14 * 86_400),
    reward: { id: rewardId, name: "Coffee", category: { name: "Treats" } },
  });
});

test("a reward for nothing costs nothing, and is a purchase all the same", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const memberId = await createMember(tenant);

  const { balancePoints, benefit } = await buy(tenant, memberId, rewardId);

  expect({ balancePoints, price: benefit.pricePoints }).toEqual({ balancePoints: 0, price: 0 });
  expect(await traceOf(tenant)).toMatchObject({ benefits: 1, entries: 0, purchases: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("what the buyer said is kept with the benefit", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const memberId = await createMember(tenant);

  await purchaseReward({
    ...{ tenantId: tenant.id, buyer: { memberId }, rewardId },
    ...{ comment: "Für Zoë — danke!", key: null },
  });

  expect(await db().benefit.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({
    comment: "Für Zoë — danke!",
  });
});

test.each<[string, (ids: { own: string; foreign: string }) => string]>([
  ["is nobody's", () => newId()],
  ["is no id", () => "coffee"],
  ["is nearly an id", ({ own }) => `${own} `],
  ["is another programme's", ({ foreign }) => foreign],
])("a reward whose id %s is not found, and nothing happens", async (_what, idOf) => {
  const [own, foreign] = [await createShop(pooled), await createShop(pooled)];
  const memberId = await createMember(own.tenant, 500);
  const before = [await traceOf(own.tenant), await traceOf(foreign.tenant)];

  const code = await codeOf(
    buy(own.tenant, memberId, idOf({ own: own.rewardId, foreign: foreign.rewardId })),
  );

  expect(code).toBe("reward_not_found");
  expect([await traceOf(own.tenant), await traceOf(foreign.tenant)]).toEqual(before);
});

test("an archived reward is not found any more", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const memberId = await createMember(tenant);
  await db().reward.updateMany({ where: { tenantId: tenant.id }, data: { archivedAt: new Date() } });

  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("reward_not_found");
});

test("a restricted member buys nothing, and one who has left is not found", async () => {
  const { tenant, rewardId } = await createShop(pooled);
  const [restricted, erased] = await createMembers(tenant, 2, 500);
  await restrictMember(tenant.id, restricted as MemberId, true);
  await eraseMember(tenant.id, erased as MemberId);
  const before = await traceOf(tenant);

  expect(await codeOf(buy(tenant, restricted as MemberId, rewardId))).toBe("member_restricted");
  expect(await codeOf(buy(tenant, erased as MemberId, rewardId))).toBe("member_not_found");
  expect(await traceOf(tenant)).toEqual(before);
});

test("restricting a member at the moment of a purchase leaves one of the two first, whole", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const members = await createMembers(tenant, 10);

  await Promise.all(
    members.flatMap((memberId) => [
      codeOf(buy(tenant, memberId, rewardId)),
      restrictMember(tenant.id, memberId, true),
    ]),
  );

  for (const memberId of members)
    expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("member_restricted");
  expect(await checkLaws()).toEqual([]);
});

test("another programme's member is no buyer here", async () => {
  const { tenant, rewardId } = await createShop(gift);
  const stranger = await createSignedIn((await createShop(gift)).tenant, 500);

  expect(await codeOf(buyAs(tenant, { memberId: stranger.memberId }, rewardId))).toBe("member_not_found");
  expect(await codeOf(buyAs(tenant, { authIdentifier: stranger.authIdentifier }, rewardId))).toBe(
    "member_not_found",
  );
  expect(await codeOf(buyAs(tenant, { credentials: stranger.credentials }, rewardId))).toBe(
    "session_invalid",
  );
});

test("a member can buy as whom the host knows, byte by byte", async () => {
  const { tenant, rewardId } = await createShop(coffee);
  const { memberId, authIdentifier } = await createSignedIn(tenant, 200);

  const { benefit, balancePoints } = await buyAs(tenant, { authIdentifier }, rewardId);

  expect({ memberId: benefit.memberId, balancePoints }).toEqual({ memberId, balancePoints: 50 });
  expect(await codeOf(buyAs(tenant, { authIdentifier: authIdentifier.toUpperCase() }, rewardId))).toBe(
    "member_not_found",
  );
});

test("a signed-in member buys with the session, and a session that has ended buys nothing", async () => {
  const { tenant, rewardId } = await createShop(coffee);
  const { memberId, credentials } = await createSignedIn(tenant, 500);

  const { benefit } = await buyAs(tenant, { credentials }, rewardId);
  await restrictMember(tenant.id, memberId, true); // which ends the sessions
  await restrictMember(tenant.id, memberId, false);

  expect(benefit.memberId).toBe(memberId);
  expect(await codeOf(buyAs(tenant, { credentials }, rewardId))).toBe("session_invalid");
  expect(await codeOf(buyAs(tenant, { credentials: [] }, rewardId))).toBe("session_invalid");
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 350 });
});

test("another token's hash, or two members in the shared cookies, buy nothing", async () => {
  const { tenant, rewardId } = await createShop(coffee);
  const [one, two] = [await createSignedIn(tenant, 500), await createSignedIn(tenant, 500)];
  const [mine, planted] = [one.credentials, two.credentials];
  const forged = mine.map((each) => ({ ...each, tokenHash: planted[0]?.tokenHash ?? "" }));

  expect(await codeOf(buyAs(tenant, { credentials: forged }, rewardId))).toBe("session_invalid");
  expect(await codeOf(buyAs(tenant, { credentials: [...mine, ...planted] }, rewardId))).toBe(
    "session_invalid",
  );
  expect(await traceOf(tenant)).toMatchObject({ benefits: 0 });
});

test("a purchase is an activity of its session; one that is refused is none", async () => {
  stopTheClock();
  const { tenant, rewardId } = await createShop(
    { ...coffee, price: 300 },
    { sessions: { idleSeconds: 600 } },
  );
  const { memberId, credentials } = await createSignedIn(tenant, 500);
  const lastActivityAt = async () => (await db().session.findFirst({ where: { memberId } }))?.lastActivityAt;

  moveTo(0, 300_000);
  await buyAs(tenant, { credentials }, rewardId);
  const afterPurchase = await lastActivityAt();
  moveTo(0, 600_000);
  const refused = await codeOf(buyAs(tenant, { credentials }, rewardId));

  expect(afterPurchase).toEqual(addSeconds(start, 300));
  expect(refused).toBe("points_insufficient");
  expect(await lastActivityAt()).toEqual(addSeconds(start, 300));
  moveTo(0, 900_000); // idle for as long as it may be, since the purchase
  expect(await codeOf(buyAs(tenant, { credentials }, rewardId))).toBe("session_invalid");
});

test("a purchase that is answered again is an activity too, and costs nothing more", async () => {
  stopTheClock();
  const { tenant, rewardId } = await createShop(coffee, { sessions: { idleSeconds: 600 } });
  const { memberId, credentials } = await createSignedIn(tenant, 500);
  const command = { tenantId: tenant.id, buyer: { credentials }, rewardId, comment: null };
  const key = (buyer: MemberId) => onceKey(`session purchases ${buyer}`, "k", { rewardId });

  const first = await purchaseReward({ ...command, key });
  moveTo(0, 300_000);
  const again = await purchaseReward({ ...command, key });

  expect(again).toEqual({ ...first, isReplay: true });
  expect(await walletRow(tenant, memberId)).toMatchObject({ balancePoints: 350 });
  expect((await db().session.findFirst({ where: { memberId } }))?.lastActivityAt).toEqual(
    addSeconds(start, 300),
  );
});

test("a price that is not the reward's any more buys nothing", async () => {
  const { tenant, rewardId } = await createShop(coffee);
  const memberId = await createMember(tenant, 500);
  const before = await traceOf(tenant);

  const answer = await purchaseRewardRow({
    ...{ tenantId: tenant.id, memberId, sessionId: null, touchOlderThan: null, rewardId },
    ...{ pricePoints: 149, codes: ["X"], comment: null, benefitId: newId(), eventId: newId() },
    ...{ eventPayload: {}, candidates: [], key: null, at: new Date() },
  });

  expect(answer).toEqual({ outcome: "refused", code: "changed" });
  expect(await traceOf(tenant)).toEqual(before);
});

test("where the price changes meanwhile, the new one is paid and told to the rules", async () => {
  const back = { type: "POINTS", pointsPerUnit: 0.1, unitField: "payload.pricePoints" };
  const rules = [{ name: "A tenth back", eventType: "PURCHASED_REWARD", effect: back }];
  const { tenant, rewardId } = await createShop(coffee, { rules });
  const memberId = await createMember(tenant, 500);
  let bought: ReturnType<typeof buy> | undefined;

  await db().$transaction(async (tx) => {
    await tx.reward.updateMany({ where: { tenantId: tenant.id }, data: { pricePoints: 200n } });
    bought = buy(tenant, memberId, rewardId); // on a server: sees the old price, and waits for the row
    await sleep(300);
  });

  expect(await bought).toMatchObject({ balancePoints: 320, benefit: { pricePoints: 200 } });
  expect(
    await db().event.findFirst({ where: { tenantId: tenant.id, type: "PURCHASED_REWARD" } }),
  ).toMatchObject({
    payload: { pricePoints: 200 },
  });
  expect(await checkLaws()).toEqual([]);
});

test("rules can give points and rewards for a purchase, in its answer, and set off no others", async () => {
  const cake = { externalId: "cake", name: "Cake", type: "VOUCHER", price: 100, stock: 1 };
  const onPurchase = { eventType: "PURCHASED_REWARD" };
  const rules = [
    { ...onPurchase, name: "Thanks", effect: { type: "POINTS", points: 7 } },
    { ...onPurchase, name: "Cake, too", effect: { type: "REWARD", reward: "cake" } },
  ];
  const { tenant, rewardId } = await createShop(coffee, { rules, rewards: [coffee, cake] });
  const memberId = await createMember(tenant, 300);

  const first = await buy(tenant, memberId, rewardId);
  const second = await buy(tenant, memberId, rewardId); // the cake has run out

  expect([first.balancePoints, second.balancePoints]).toEqual([157, 14]);
  const benefits = await db().benefit.findMany({ where: { tenantId: tenant.id }, include: { reward: true } });
  expect(benefits.map(({ reward, pricePoints }) => [reward.name, Number(pricePoints)]).sort()).toEqual([
    ["Cake", 0],
    ["Coffee", 150],
    ["Coffee", 150],
  ]);
  expect(await traceOf(tenant)).toMatchObject({ purchases: 2 });
  expect(await checkLaws()).toEqual([]);
});

test("a purchase whose points from rules would not fit is refused, and nothing is paid", async () => {
  const huge = { type: "POINTS", points: Number.MAX_SAFE_INTEGER };
  const rules = [{ name: "Huge", eventType: "PURCHASED_REWARD", effect: huge }];
  const { tenant, rewardId } = await createShop(pooled, { rules });
  const memberId = await createMember(tenant, 500);
  const before = await traceOf(tenant);

  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("invalid_input");
  expect(await traceOf(tenant)).toEqual(before);
  expect(await checkLaws()).toEqual([]);
});

test("members who buy two rewards in opposite orders at once all succeed", async () => {
  const tea = { ...gift, externalId: "tea" };
  const give = (reward: string, name: string) => ({
    ...{ name, eventType: "PURCHASED_REWARD", effect: { type: "REWARD", reward } },
    conditions: { all: [{ field: "payload.rewardExternalId", operator: "ne", value: reward }] },
  });
  const { tenant, rewardId } = await createShop(gift, {
    rewards: [gift, tea],
    rules: [give("tea", "Tea to coffee"), give("coffee", "Coffee to tea")],
  });
  const teaId = await rewardIdOf(tenant, "tea");
  const members = await createMembers(tenant, 20);

  const codes = await Promise.all(
    members.flatMap((memberId) => [
      codeOf(buy(tenant, memberId, rewardId)),
      codeOf(buy(tenant, memberId, teaId)),
    ]),
  );

  expect(new Set(codes)).toEqual(new Set(["done"]));
  expect(await traceOf(tenant)).toMatchObject({ benefits: 80, purchases: 40 });
  expect(await checkLaws()).toEqual([]);
});
