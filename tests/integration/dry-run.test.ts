import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { type DryRunEvent, dryRunEvent } from "#lib/domain/rules/dry-run-event.ts";
import { postAuth } from "#tests/support/calls.ts";
import { codeOf, createMember, createProgramme, daysAgo, report } from "#tests/support/engine.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: a dry run says of every rule what an event would give and why, and is right; nothing happens by it.
// Method: one programme with a rule for every answer; then programmes made up at random, where the event
// itself is the judge of what the dry run said.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-02T12:00:00Z") });
});

afterEach(async () => {
  vi.useRealTimers();
  expect(await checkLaws()).toEqual([]);
});

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 };
const openType = { name: "PURCHASE", private: false };

/** A rule for the purchase, giving 10 points unless `change` says otherwise. */
function rule(name: string, change: Record<string, unknown> = {}) {
  return { name, eventType: "PURCHASE", effect: { type: "POINTS", points: 10 }, ...change };
}

function gives(reward: string) {
  return { effect: { type: "REWARD", reward } };
}

function tryOut(tenant: TestTenant, subject: string, change: Partial<DryRunEvent> = {}) {
  const event = { type: "PURCHASE", payload: { total: 10 }, occurredAt: null };
  return dryRunEvent({ tenantId: tenant.id, subject, ...event, ...change });
}

/** All that an event could leave behind in a tenant. */
async function everythingOf({ id: tenantId }: TestTenant): Promise<string> {
  const where = { tenantId };
  const rows = await Promise.all([
    db().event.count({ where }),
    db().ruleActivation.count({ where }),
    db().ledgerEntry.count({ where }),
    db().pendingPoints.count({ where }),
    db().rewardCode.findMany({ where, orderBy: { code: "asc" } }),
    db().wallet.findMany({ where, orderBy: { memberId: "asc" } }),
    db().rule.findMany({ where, orderBy: { id: "asc" } }),
    db().reward.findMany({ where, orderBy: { id: "asc" } }),
  ]);
  return JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? String(value) : value));
}

test("every rule is explained, in the order in which rules give, and nothing happens", async () => {
  const [once, budget] = [{ perMember: { times: 1, period: "DAY" } }, { budgetPoints: 15 }];
  const perEuro = { type: "POINTS", pointsPerUnit: 1.5, unitField: "payload.total" };
  const tenant = await createProgramme({
    eventTypes: [openType],
    rewards: [
      { ...coffee, stock: 5 },
      { ...coffee, externalId: "sold-out", codes: ["S-1"] },
      { ...coffee, externalId: "limited", perMemberLimit: 1 },
      { ...coffee, externalId: "archived" },
    ],
    rules: [
      rule("01 fixed points"),
      rule("02 points per euro", { effect: perEuro }),
      rule("03 pending", { pendingDays: 14 }),
      rule("04 a reward", gives("coffee")),
      rule("05 all", { conditions: { all: [{ field: "payload.total", operator: "gt", value: 10 }] } }),
      rule("06 any", { conditions: { any: [{ field: "member.city", operator: "eq", value: "Bath" }] } }),
      rule("07 not started", { start: "2026-12-03T00:00:00Z" }),
      rule("08 ended", { end: "2026-12-02T12:00:00Z" }),
      rule("09 limit used", { limits: once }),
      rule("10 budget left", { limits: budget }),
      rule("11 sold out", gives("sold-out")),
      rule("12 reward's limit", gives("limited")),
      rule("13 archived", gives("archived")),
      rule("14 no number", { effect: { ...perEuro, unitField: "payload.weight" } }),
      rule("15 less than one", { effect: { ...perEuro, pointsPerUnit: 0.01 } }),
      rule("16 off"),
      rule("00 first", { priority: 1 }),
    ],
  });
  const where = { tenantId: tenant.id };
  await db().rule.updateMany({ where: { ...where, name: "16 off" }, data: { isActive: false } });
  const archived = { ...where, externalId: "archived" };
  await db().reward.updateMany({ where: archived, data: { archivedAt: daysAgo(1) } });
  const memberId = await createMember(tenant);
  await report(tenant, memberId);
  const before = await everythingOf(tenant);

  const lines = await tryOut(tenant, memberId);

  expect(lines.map(({ ruleName, fires, reason }) => [ruleName, fires, reason])).toEqual([
    ["00 first", true, "Its conditions are met: it gives 10 points."],
    ["01 fixed points", true, "Its conditions are met: it gives 10 points."],
    ["02 points per euro", true, "Its conditions are met: it gives 15 points."],
    ["03 pending", true, "Its conditions are met: it gives 10 points, which wait 14 days."],
    ["04 a reward", true, "Its conditions are met: it gives a reward."],
    ["05 all", false, "payload.total is to be over 10; it is 10."],
    ["06 any", false, 'None of these: member.city is to be "Bath"; it is null.'],
    ["07 not started", false, "It starts at 2026-12-03T00:00:00.000Z."],
    ["08 ended", false, "It ended at 2026-12-02T12:00:00.000Z."],
    ["09 limit used", false, "This member has had it 1 of 1 times in this period."],
    ["10 budget left", false, "It would give 10 points, and 5 are left in its budget."],
    ["11 sold out", false, "The reward is sold out."],
    ["12 reward's limit", false, "This member has had the reward as often as one member may."],
    ["13 archived", false, "The reward archived is archived."],
    ["14 no number", false, "payload.weight is to be a number."],
    ["15 less than one", false, "payload.total is 10, which comes to 0 points."],
  ]);
  expect(lines[3]).toMatchObject({ gives: { points: 10, pendingDays: 14 } });
  expect(lines[4]).toMatchObject({ gives: { rewardId: expect.any(String) } });
  expect(await everythingOf(tenant)).toBe(before);
});

test("a dry run of another day looks at that day's limits, starts and ends", async () => {
  const tenant = await createProgramme({
    eventTypes: [openType],
    rules: [
      rule("daily", { limits: { perMember: { times: 1, period: "DAY" } } }),
      rule("november", { end: "2026-12-01T00:00:00Z" }),
    ],
  });
  const memberId = await createMember(tenant);
  await report(tenant, memberId);
  const firesAt = async (moment: string) =>
    (await tryOut(tenant, memberId, { occurredAt: new Date(moment) })).map(({ fires }) => fires);

  expect(await firesAt("2026-12-02T00:00:00Z")).toEqual([false, false]);
  expect(await firesAt("2026-12-01T23:59:59.999Z")).toEqual([true, false]);
  expect(await firesAt("2026-11-30T23:59:59.999Z")).toEqual([true, true]);
});

test("what Laurel itself reports can be tried out too", async () => {
  const conditions = { all: [{ field: "payload.pricePoints", operator: "gte", value: 100 }] };
  const tenant = await createProgramme({
    rules: [rule("buying", { eventType: "PURCHASED_REWARD", conditions })],
  });
  const memberId = await createMember(tenant);
  const of = (pricePoints: number) =>
    tryOut(tenant, memberId, { type: "PURCHASED_REWARD", payload: { pricePoints } });

  expect(await of(100)).toMatchObject([{ fires: true, gives: { points: 10 } }]);
  expect(await of(99)).toMatchObject([{ fires: false }]);
});

test("a dry run refuses what an event would be refused for", async () => {
  const schema = { type: "object", required: ["total"] };
  const types = [openType, { ...openType, name: "RETIRED" }, { ...openType, name: "STRICT", schema }];
  const [tenant, elsewhere] = [await createProgramme({ eventTypes: types }), await createProgramme()];
  const retired = { tenantId: tenant.id, name: "RETIRED" };
  await db().eventType.updateMany({ where: retired, data: { isActive: false } });
  const [memberId, left] = [await createMember(tenant), await createMember(tenant)];
  const stranger = await createMember(elsewhere);
  await eraseMember(tenant.id, left);
  const codeFor = (subject: string, change: Partial<DryRunEvent> = {}) =>
    codeOf(tryOut(tenant, subject, change));

  expect(await codeFor(memberId, { type: "NO_SUCH" })).toBe("event_type_not_found");
  expect(await codeFor(memberId, { type: "RETIRED" })).toBe("event_type_not_found");
  for (const subject of ["nobody", left, stranger]) expect(await codeFor(subject)).toBe("member_not_found");
  await expect(tryOut(tenant, memberId, { type: "STRICT", payload: {} })).rejects.toMatchObject({
    code: "invalid_input",
    details: { fields: { "payload.total": "This field is missing." } },
  });
});

test("a dry run refuses a subject that names two members, and knows the one whose id it is", async () => {
  const isJane = { field: "member.givenName", operator: "eq", value: "Jane" };
  const tenant = await createProgramme({
    eventTypes: [openType],
    rules: [rule("for Jane", { conditions: { all: [isJane] } })],
  });
  const memberId = await createMember(tenant);
  const where = { tenantId_id: { tenantId: tenant.id, id: memberId } };
  const { accountNumber } = await db().member.findUniqueOrThrow({ where });
  for (const authIdentifier of [accountNumber, memberId]) {
    const body = { selector: { authIdentifier }, profile: { ...profile, givenName: "John" } };
    await postAuth(tenant, { body });
  }

  await expect(tryOut(tenant, accountNumber)).rejects.toMatchObject({
    code: "invalid_input",
    details: { fields: { subject: expect.stringContaining("two members") } },
  });
  expect(await tryOut(tenant, memberId)).toMatchObject([{ fires: true }]);
});

test("of two rules that give the last of a reward one fires", async () => {
  const tenant = await createProgramme({
    eventTypes: [openType],
    rewards: [
      { ...coffee, stock: 1 },
      { ...coffee, externalId: "mug", codes: ["M-1"] },
      { ...coffee, externalId: "tea", perMemberLimit: 1 },
    ],
    rules: ["coffee", "mug", "tea"].flatMap((reward) => [
      rule(`${reward} 1`, gives(reward)),
      rule(`${reward} 2`, gives(reward)),
    ]),
  });
  const memberId = await createMember(tenant);

  const lines = await tryOut(tenant, memberId);

  expect(lines.map(({ fires }) => fires)).toEqual([true, false, true, false, true, false]);
});

const anyEffect = fc.oneof(
  fc.record({ type: fc.constant("POINTS"), points: fc.integer({ min: 1, max: 20 }) }),
  fc.record(
    {
      type: fc.constant("POINTS"),
      pointsPerUnit: fc.constantFrom(0.01, 0.1, 1, 1.5, 3),
      unitField: fc.constantFrom("payload.total", "payload.weight"),
      rounding: fc.constantFrom("DOWN", "UP", "NEAREST"),
      min: fc.integer({ min: 1, max: 5 }),
      max: fc.integer({ min: 5, max: 30 }),
    },
    { requiredKeys: ["type", "pointsPerUnit", "unitField"] },
  ),
  fc.record({ type: fc.constant("REWARD"), reward: fc.constantFrom("coffee", "mug", "tea") }),
);
const anyCondition = fc.constantFrom(
  { field: "payload.total", operator: "gte", value: 10 },
  { field: "payload.weight", operator: "exists", value: false },
  { field: "payload.shop", operator: "in", value: ["Bath", "Ely"] },
  { field: "member.givenName", operator: "eq", value: "Jane" },
  { field: "member.city", operator: "ne", value: null },
);
const anyRule = fc.record(
  {
    effect: anyEffect,
    conditions: fc.record({
      all: fc.array(anyCondition, { maxLength: 1 }),
      any: fc.array(anyCondition, { maxLength: 2 }),
    }),
    limits: fc.record(
      {
        perMember: fc.record({
          times: fc.integer({ min: 1, max: 3 }),
          period: fc.constantFrom("DAY", "WEEK", "MONTH", "YEAR", "EVER"),
        }),
        budgetPoints: fc.integer({ min: 5, max: 40 }),
      },
      { requiredKeys: [] },
    ),
    start: fc.constantFrom("2026-11-01T00:00:00Z", "2026-12-02T00:00:00Z"),
    end: fc.constantFrom("2026-12-02T12:00:00Z", "2027-01-01T00:00:00Z"),
    priority: fc.integer({ min: -1, max: 1 }),
    pendingDays: fc.constantFrom(0, 0, 1, 30),
  },
  { requiredKeys: ["effect"] },
);
const anyEvent = fc.record({
  payload: fc.record(
    {
      total: fc.constantFrom(0, 0.5, 4.35, 9.99, 10, 33.3, -5),
      weight: fc.constantFrom(2, "2", null),
      shop: fc.constantFrom("Bath", "York"),
    },
    { requiredKeys: [] },
  ),
  daysBefore: fc.constantFrom(0, 0, 1, 20, 60),
});

test("what a dry run says is what the event then does", async () => {
  let firedCount = 0;
  let keptBackCount = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRule, { minLength: 2, maxLength: 8 }),
      fc.array(anyEvent, { minLength: 3, maxLength: 6 }),
      async (rules, events) => {
        const tenant = await createProgramme({
          eventTypes: [openType],
          rewards: [
            { ...coffee, stock: 3 },
            { ...coffee, externalId: "mug", codes: ["M-1", "M-2"] },
            { ...coffee, externalId: "tea", perMemberLimit: 2 },
          ],
          rules: rules.map((each, index) => {
            const ofReward = { pendingDays: 0, limits: { ...each.limits, budgetPoints: null } };
            return rule(`rule ${index}`, each.effect.type === "REWARD" ? { ...each, ...ofReward } : each);
          }),
        });
        const members: MemberId[] = [await createMember(tenant), await createMember(tenant)];

        for (const [index, { payload, daysBefore }] of events.entries()) {
          const memberId = members[index % 3 === 2 ? 1 : 0] as MemberId;
          const occurredAt = daysAgo(daysBefore);
          const before = await everythingOf(tenant);
          const lines = await tryOut(tenant, memberId, { payload, occurredAt });
          expect(await everythingOf(tenant)).toBe(before);
          const { reactions } = await report(tenant, memberId, { payload, occurredAt });

          const said = lines.flatMap((line) => {
            if (!line.fires) return [];
            return [[line.ruleName, "points" in line.gives ? line.gives.points : "a reward"]];
          });
          const done = reactions.map((reaction) => [
            reaction.ruleName,
            reaction.type === "POINTS" ? reaction.points : "a reward",
          ]);
          expect(said).toEqual(done);
          firedCount += done.length;
          keptBackCount += lines.length - done.length;
        }
      },
    ),
    { numRuns: 12 },
  );

  expect(firedCount).toBeGreaterThan(10); // it has seen both
  expect(keptBackCount).toBeGreaterThan(10);
});
