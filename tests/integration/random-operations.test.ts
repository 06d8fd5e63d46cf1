import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import type { EventReport } from "#lib/domain/events/event.ts";
import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { sweepWallets } from "#lib/domain/ledger/settle-wallet.ts";
import { onceKey } from "#lib/domain/once.ts";
import { postAuth } from "#tests/support/calls.ts";
import {
  adjust,
  buy,
  createProgramme,
  daysAgo,
  daysLater,
  purchaseType,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: whatever members, tills and admins do at once and in whatever order, every law holds, and every
// balance is what the answers add up to: nothing happens that nobody was told of, and nothing that was told
// gets lost.
// Method: random batches of operations, each batch all at once, with the clock moving between them; after
// each batch the laws, and beside them a model that knows nothing but the answers. In the end, each kind of
// operation is counted, so that the test is known to have done something.

const fixed = (points: number) => ({ type: "POINTS", points });
const budgetPoints = 42;
const timesADay = 1;
const isIncrease = { all: [{ field: "payload.points", operator: "gt", value: 0 }] };

const programme = {
  pointsExpiry: { afterDays: 30 },
  tierWindow: { days: 90 },
  tiers: [{ name: "Silver", pointsRequirement: 150 }],
  eventTypes: [purchaseType, { name: "VISIT", private: false }],
  rules: [
    {
      ...{ name: "by amount", eventType: "PURCHASE" },
      effect: { type: "POINTS", pointsPerUnit: 1.5, unitField: "payload.total", rounding: "NEAREST" },
    },
    { name: "budget", eventType: "PURCHASE", effect: fixed(4), limits: { budgetPoints } },
    {
      ...{ name: "daily", eventType: "VISIT", effect: fixed(5) },
      limits: { perMember: { times: timesADay, period: "DAY" } },
    },
    { name: "later", eventType: "VISIT", effect: fixed(11), pendingDays: 3 },
    {
      ...{ name: "gift", eventType: "VISIT", effect: { type: "REWARD", reward: "sticker" } },
      limits: { perMember: { times: 3, period: "WEEK" } },
    },
    { name: "welcome", eventType: "REGISTERED_ACCOUNT", effect: fixed(20) },
    {
      ...{ name: "moved", eventType: "PROFILE_UPDATED", effect: fixed(2) },
      limits: { perMember: { times: 3, period: "EVER" } },
    },
    { name: "bought", eventType: "PURCHASED_REWARD", effect: fixed(3) },
    { name: "redeemed", eventType: "REDEEMED_VOUCHER", effect: fixed(2) },
    { name: "burned", eventType: "BURNED_VOUCHER", effect: fixed(1) },
    { name: "adjusted", eventType: "POINTS_ADJUSTED", effect: fixed(1), conditions: isIncrease },
    {
      ...{ name: "expired", eventType: "POINTS_EXPIRED", effect: fixed(1) },
      limits: { perMember: { times: 3, period: "EVER" } },
    },
  ],
  rewards: [
    { externalId: "pool", price: 30, codeType: "POOL", codes: ["P-1", "P-2", "P-3"] },
    { externalId: "generated", price: 40, codeType: "GENERATED", codePattern: "G-XX99" },
    { externalId: "static", price: 10, codeType: "STATIC", code: "EVERYBODY" },
    { externalId: "scarce", price: 20, stock: 2 },
    { externalId: "once", price: 15, perMemberLimit: 1 },
    { externalId: "silver", price: 25, tier: "Silver" },
    { externalId: "short", price: 5, validForDays: 4 },
    { externalId: "sticker", price: 12, stock: 9 },
  ].map((reward) => ({ name: reward.externalId, type: "VOUCHER", ...reward })),
};
const prices = new Map(programme.rewards.map(({ externalId, price }) => [externalId, price]));
const given = { welcome: 20, moved: 2, bought: 3, redeemed: 2, burned: 1, adjusted: 1, expired: 1 };
const timesMax = { moved: 3, expired: 3 };
const pendingDays = 3;

type Member = { id: MemberId; authIdentifier: string; moves: number };
type KnownEvent = { report: EventReport; memberId: MemberId; isReversed: boolean; unlocksOnDay: number };
type KnownBenefit = { memberId: MemberId; pricePoints: number; isStatic: boolean };

/** A programme, and all that its callers were told. */
type World = {
  tenant: TestTenant;
  members: Member[];
  rewardIds: Map<string, string>;
  day: number;
  events: Map<string, KnownEvent>;
  benefits: Map<string, KnownBenefit>;
  codes: Map<string, string>; // of a benefit, once it was shown
  points: Map<MemberId, number>; // balance, pending and expired together
  adjustments: Set<string>;
};

const refusals = {
  purchase: ["external_id_taken", "idempotency_key_reused"],
  visit: ["external_id_taken", "idempotency_key_reused"],
  buy: [
    ...["points_insufficient", "reward_out_of_stock", "reward_limit_reached", "reward_not_available"],
    "idempotency_key_reused",
  ],
  redeem: ["benefit_already_redeemed", "benefit_expired", "benefit_not_found"],
  look: ["voucher_already_used", "benefit_expired", "benefit_not_found"],
  burn: ["voucher_already_used", "benefit_expired", "benefit_not_found"],
  cancel: ["already_reversed", "voucher_already_used"],
  reverse: ["already_reversed"],
  increase: [],
  decrease: ["points_insufficient"],
  signIn: [],
  sweep: [],
} as const satisfies Record<string, readonly DomainErrorCode[]>;
type Kind = keyof typeof refusals;

const kind = fc.oneof(
  ...(
    [
      [5, "purchase"],
      [5, "visit"],
      [9, "buy"],
      [4, "redeem"],
      [3, "look"],
      [3, "burn"],
      [3, "cancel"],
      [3, "reverse"],
      [2, "increase"],
      [2, "decrease"],
      [2, "signIn"],
      [1, "sweep"],
    ] as const
  ).map(([weight, value]) => ({ weight, arbitrary: fc.constant<Kind>(value) })),
);
const rarely = (number: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: number });
const operation = fc.record({
  kind,
  member: fc.nat({ max: 4 }),
  pick: fc.nat({ max: 9_999 }),
  amount: fc.integer({ min: 1, max: 60 }),
  /** Few, so that they come again. */
  key: rarely(fc.nat({ max: 7 })),
  externalId: rarely(fc.nat({ max: 15 })),
  daysBack: fc.nat({ max: 2 }),
});
const batch = fc.record({
  days: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 14 })),
  operations: fc.array(operation, { minLength: 15, maxLength: 30 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

const counts = new Map<string, number>();
const countOf = (name: string) => counts.get(name) ?? 0;
const count = (name: string, times = 1) => counts.set(name, countOf(name) + times);

afterEach(() => daysLater(0));

async function createWorld(): Promise<World> {
  const tenant = await createProgramme(programme);
  const members = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const authIdentifier = randomUUID();
      const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
      return { id: json.data.user.id as MemberId, authIdentifier, moves: 0 };
    }),
  );
  const ids = programme.rewards.map(
    async ({ externalId }) => [externalId, await rewardIdOf(tenant, externalId)] as const,
  );
  return {
    ...{ tenant, members, rewardIds: new Map(await Promise.all(ids)), day: 0 },
    ...{ events: new Map(), benefits: new Map(), codes: new Map(), adjustments: new Set() },
    points: new Map(members.map(({ id }) => [id, given.welcome])),
  };
}

function move(world: World, memberId: MemberId, points: number): void {
  world.points.set(memberId, (world.points.get(memberId) ?? 0) + points);
}

/** One of what is known, whichever; undefined where there is none: then the operation answers with false. */
function pickFrom<Value>(values: Iterable<Value>, pick: number): Value | undefined {
  const list = [...values];
  return list[pick % list.length];
}

async function reportSomething(world: World, each: Operation, member: Member): Promise<void> {
  const type = each.kind === "purchase" ? "PURCHASE" : "VISIT";
  const payload: Record<string, unknown> = each.kind === "purchase" ? { total: each.amount + 0.5 } : {};
  const body = [type, payload, each.externalId, each.daysBack];
  const answer = await report(world.tenant, member.id, {
    ...{ type, payload, occurredAt: each.daysBack === 0 ? null : daysAgo(each.daysBack) },
    externalId: each.externalId === null ? null : `x-${each.externalId}`,
    ...(each.key === null ? {} : { key: onceKey(`events ${member.id}`, `k-${each.key}`, body) }),
  });

  const known = world.events.get(answer.event.id);
  if (known) {
    count("event replayed");
    expect([answer.event, answer.reactions]).toEqual([known.report.event, known.report.reactions]);
    return;
  }
  const unlocksOnDay = world.day - each.daysBack + pendingDays;
  world.events.set(answer.event.id, { report: answer, memberId: member.id, isReversed: false, unlocksOnDay });
  for (const reaction of answer.reactions) {
    count(`rule ${reaction.ruleName}`);
    if (reaction.type === "POINTS") move(world, member.id, reaction.points);
    else {
      const benefit = { memberId: member.id, pricePoints: 0, isStatic: false };
      world.benefits.set(reaction.benefitId, benefit);
    }
  }
}

async function buySomething(world: World, each: Operation, member: Member): Promise<void> {
  // An even key stands for one reward, so that it comes again with the same body; an odd one with any.
  const isRepeated = each.key !== null && each.key % 2 === 0;
  const externalId = pickFrom(prices.keys(), isRepeated ? (each.key ?? 0) : each.pick) ?? "";
  const rewardId = world.rewardIds.get(externalId) ?? "";
  const key = each.key === null ? undefined : onceKey(`buy ${member.id}`, `k-${each.key}`, { rewardId });
  const { benefit, isReplay } = await buy(world.tenant, member.id, rewardId, key);

  if (isReplay) return void count("purchase replayed");
  expect(world.benefits.has(benefit.id)).toBe(false);
  const pricePoints = prices.get(externalId) ?? 0;
  const isStatic = externalId === "static";
  world.benefits.set(benefit.id, { memberId: member.id, pricePoints, isStatic });
  move(world, member.id, given.bought - pricePoints);
}

async function redeemSomething(world: World, { pick }: Operation): Promise<boolean> {
  const [benefitId, known] = pickFrom(world.benefits, pick) ?? [];
  if (benefitId === undefined || !known) return false;
  const { tenant } = world;
  const { benefit } = await redeemBenefit({
    tenantId: tenant.id,
    memberId: known.memberId,
    benefitId,
    key: null,
  });

  const code = benefit.code?.value ?? "";
  expect(known.isStatic || ![...world.codes.values()].includes(code)).toBe(true);
  world.codes.set(benefitId, code);
  move(world, known.memberId, given.redeemed);
  return true;
}

async function validateSomething(world: World, { pick, kind: what }: Operation): Promise<boolean> {
  const [benefitId, code] = pickFrom(world.codes, pick) ?? [];
  if (benefitId === undefined || code === undefined) return false;
  const isOnlyLook = what === "look";
  const { benefit: validated } = await validateVoucher({
    tenantId: world.tenant.id,
    code,
    isOnlyLook,
    key: null,
  });

  expect(validated.id).toBe(benefitId);
  if (!isOnlyLook) move(world, validated.memberId, given.burned);
  return true;
}

async function cancelSomething(world: World, { pick }: Operation): Promise<boolean> {
  const [benefitId, known] = pickFrom(world.benefits, pick) ?? [];
  if (benefitId === undefined || !known) return false;
  const comment = "By a test.";
  const command = { tenantId: world.tenant.id, benefitId, comment, key: null };
  const { refundedPoints, shortfallPoints } = await cancelBenefit(command);

  const takenPoints = await takenWith(world, benefitId);
  expect(refundedPoints).toBe(known.pricePoints);
  expect(takenPoints + shortfallPoints).toBeLessThanOrEqual(known.pricePoints > 0 ? given.bought : 0);
  move(world, known.memberId, refundedPoints - takenPoints);
  return true;
}

/** What rules gave for a purchase goes back with it, but for what has expired, which no answer tells. */
async function takenWith({ tenant }: World, benefitId: string): Promise<number> {
  const where = { tenantId: tenant.id };
  const benefit = await db().benefit.findFirstOrThrow({ where: { ...where, id: benefitId } });
  const isBought = benefit.pricePoints > 0;
  const reversal = await db().eventReversal.findFirst({ where: { ...where, eventId: benefit.eventId } });
  return isBought ? Number(reversal?.takenPoints) : 0;
}

async function reverseSomething(world: World, { pick }: Operation): Promise<boolean> {
  const [eventId, known] = pickFrom(world.events, pick) ?? [];
  if (eventId === undefined || !known) return false;
  const comment = "By a test.";
  const { takenPoints, shortfallPoints } = await reverseEvent({
    ...{ tenantId: world.tenant.id, eventId, comment, key: null },
  });

  let [givenPoints, droppedPoints] = [0, 0];
  for (const reaction of known.report.reactions) {
    if (reaction.type !== "POINTS") continue;
    const isWaiting = reaction.ruleName === "later" && known.unlocksOnDay > world.day;
    if (isWaiting) droppedPoints += reaction.points;
    else givenPoints += reaction.points;
  }
  if (droppedPoints > 0) count("pending points dropped");
  if (shortfallPoints > 0) count("shortfall");
  expect(takenPoints + shortfallPoints).toBeLessThanOrEqual(givenPoints);
  known.isReversed = true;
  move(world, known.memberId, -takenPoints - droppedPoints);
  return true;
}

async function adjustSomething(world: World, each: Operation, member: Member): Promise<void> {
  // The key says how much it is, so that calls with one key have one body; with two for each, many come again.
  const keyNumber = each.key === null ? null : each.key % 2;
  const size = keyNumber === null ? each.amount : 10 + keyNumber;
  const points = each.kind === "increase" ? size : -size;
  const name = `${each.kind} ${keyNumber}`;
  const key = keyNumber === null ? null : onceKey(`adjust ${member.id}`, name, { points });
  await adjust(world.tenant, member.id, points, key);

  const once = `${member.id} ${name}`;
  if (key && world.adjustments.has(once)) return void count("adjustment replayed");
  if (key) world.adjustments.add(once);
  move(world, member.id, points + (points > 0 ? given.adjusted : 0));
}

async function signInChanged(world: World, member: Member): Promise<void> {
  const changed = { ...profile, city: randomUUID() };
  const { authIdentifier } = member;
  const { status } = await postAuth(world.tenant, {
    body: { selector: { authIdentifier }, profile: changed },
  });

  expect(status).toBe(200);
  member.moves += 1;
  if (member.moves <= timesMax.moved) move(world, member.id, given.moved);
}

async function operate(world: World, each: Operation): Promise<void> {
  const member = world.members[each.member] as Member;
  const run = {
    purchase: () => reportSomething(world, each, member),
    visit: () => reportSomething(world, each, member),
    buy: () => buySomething(world, each, member),
    redeem: () => redeemSomething(world, each),
    look: () => validateSomething(world, each),
    burn: () => validateSomething(world, each),
    cancel: () => cancelSomething(world, each),
    reverse: () => reverseSomething(world, each),
    increase: () => adjustSomething(world, each, member),
    decrease: () => adjustSomething(world, each, member),
    signIn: () => signInChanged(world, member),
    sweep: () => sweepWallets(),
  }[each.kind];
  try {
    const result = await run();
    count(`${each.kind} ${result === false ? "has nothing yet" : "done"}`);
  } catch (error) {
    const expected: readonly string[] = refusals[each.kind];
    if (!(error instanceof DomainError) || !expected.includes(error.code)) throw error;
    count(`${each.kind} ${error.code}`);
  }
}

/** What everybody was told, beside what is there. */
async function checkModel(world: World): Promise<void> {
  const { tenant, members, events, benefits } = world;
  const expiries = await db().event.findMany({ where: { tenantId: tenant.id, type: "POINTS_EXPIRED" } });

  for (const { id } of members) {
    const wallet = await walletRow(tenant, id);
    const own = expiries.filter(({ memberId }) => memberId === id);
    const expired = own.reduce((sum, { payload }) => sum + Number((payload as { points: number }).points), 0);
    const points = (world.points.get(id) ?? 0) + given.expired * Math.min(own.length, timesMax.expired);
    expect(wallet.expiredPoints).toBe(expired);
    expect(Number(wallet.balancePoints) + Number(wallet.pendingPoints) + expired).toBe(points);
  }
  const reported = { tenantId: tenant.id, type: { in: ["PURCHASE", "VISIT"] } };
  expect(await db().event.count({ where: reported })).toBe(events.size);
  expect(await db().benefit.count({ where: { tenantId: tenant.id } })).toBe(benefits.size);
  await checkLimits(world);
}

async function checkLimits({ tenant, events }: World): Promise<void> {
  let usedPoints = 0;
  const timesOfDay = new Map<string, number>();
  for (const { report: answer, memberId, isReversed } of events.values()) {
    for (const reaction of isReversed ? [] : answer.reactions) {
      if (reaction.ruleName === "budget" && reaction.type === "POINTS") usedPoints += reaction.points;
      if (reaction.ruleName !== "daily") continue;
      const day = `${memberId} ${answer.event.occurredAt.toISOString().slice(0, 10)}`;
      timesOfDay.set(day, (timesOfDay.get(day) ?? 0) + 1);
    }
  }

  const where = { tenantId_name: { tenantId: tenant.id, name: "budget" } };
  const { budgetUsedPoints } = await db().rule.findUniqueOrThrow({ where });
  expect(Number(budgetUsedPoints)).toBe(usedPoints);
  expect(usedPoints).toBeLessThanOrEqual(budgetPoints);
  expect(Math.max(0, ...timesOfDay.values())).toBeLessThanOrEqual(timesADay);
}

/** Long after: everything has unlocked and expired, also what rules gave for that. */
async function outliveAllPoints(world: World): Promise<void> {
  for (let round = 1; round <= 5; round++) {
    daysLater(world.day + round * 40);
    await sweepWallets();
  }
  for (const { id } of world.members) {
    const wallet = await walletRow(world.tenant, id);
    expect(wallet).toMatchObject({
      balancePoints: 0,
      pendingPoints: 0,
      nextExpiryAt: null,
      nextUnlockAt: null,
    });
    count("expired points", Number(wallet.expiredPoints));
  }
}

const rarities = [
  ...["event replayed", "purchase replayed", "adjustment replayed", "pending points dropped", "shortfall"],
  ...["points_insufficient", "reward_out_of_stock", "reward_limit_reached"].map((code) => `buy ${code}`),
  ...["reward_not_available", "idempotency_key_reused"].map((code) => `buy ${code}`),
  ...["redeem benefit_already_redeemed", "redeem benefit_expired", "redeem benefit_not_found"],
  ...["burn voucher_already_used", "burn benefit_not_found", "decrease points_insufficient"],
  ...["cancel already_reversed", "cancel voucher_already_used", "reverse already_reversed"],
  "purchase external_id_taken",
];

function atLeast(times: number): unknown {
  return expect.toSatisfy((found: number) => found >= times, `${times} or more`);
}

test("after random operations at once all laws hold, and balances are what answers add up to", async () => {
  const batches = fc.array(batch, { minLength: 5, maxLength: 9, size: "max" });

  await fc.assert(
    fc.asyncProperty(batches, async (run) => {
      const world = await createWorld();
      for (const { days, operations } of run) {
        world.day += days;
        daysLater(world.day);
        await Promise.all(operations.map((each) => operate(world, each)));
        expect(await checkLaws()).toEqual([]);
        await checkModel(world);
      }
      await outliveAllPoints(world);
      await checkModel(world);
      expect(await checkLaws()).toEqual([]);
      daysLater(0);
    }),
    { numRuns: 16, endOnFailure: true },
  );

  for (const name of Object.keys(refusals))
    expect([name, countOf(`${name} done`)]).toEqual([name, atLeast(10)]);
  const rules = ["by amount", "budget", "daily", "later", "gift"].map((name) => `rule ${name}`);
  for (const name of rules) expect([name, countOf(name)]).toEqual([name, atLeast(40)]);
  expect(countOf("rule by amount")).toBeGreaterThan(countOf("rule budget")); // which ran out
  expect(countOf("rule later")).toBeGreaterThan(countOf("rule daily")); // which was limited
  for (const name of rarities) expect([name, countOf(name)]).toEqual([name, atLeast(1)]);
  expect(countOf("expired points")).toBeGreaterThan(1_000);
}, 180_000);
