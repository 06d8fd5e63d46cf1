import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { createMember, createProgramme, report } from "#tests/support/engine.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";

// Goal: a rule or a reward that could never do what it says is refused when it is set up, told by its
// path in the file, and then nothing of the file is applied.
// Method: a programme that stands; a file that renames it and makes one mistake; every row as it was.

const eventTypes = [
  { name: "PURCHASE", private: false },
  {
    name: "CLOSED",
    private: false,
    schema: {
      type: "object",
      properties: { total: { type: "number" }, cart: { type: "object" } },
      additionalProperties: false,
    },
  },
  {
    name: "PATTERNED",
    private: false,
    schema: {
      type: "object",
      patternProperties: { "^x-": { type: "number" } },
      additionalProperties: false,
    },
  },
];
const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 150 };
const rule = { name: "rule", eventType: "PURCHASE", effect: { type: "POINTS", points: 10 } };
const settings = { eventTypes, rewards: [coffee], rules: [rule] };

/** Applies a file that names the tenant anew and makes `change`; `"@…@"` in it stands for raw JSON. */
function apply(tenant: TestTenant, change: Record<string, unknown>) {
  const { code, host, authMode } = tenant;
  const file = { tenants: [{ code, name: "Renamed", hostnames: [host], authMode, ...change }] };
  return applyProgramme(JSON.stringify(file).replace(/"@(.*?)@"/, (_all, raw) => raw.replaceAll("\\", "")));
}

/** All that a file can set up, row by row. */
async function everythingOf({ id: tenantId }: TestTenant): Promise<string> {
  const where = { tenantId };
  const rows = await Promise.all([
    db().tenant.findMany({ where: { id: tenantId } }),
    db().rule.findMany({ where, orderBy: { id: "asc" } }),
    db().reward.findMany({ where, orderBy: { id: "asc" } }),
    db().rewardCode.findMany({ where, orderBy: { code: "asc" } }),
    db().eventType.findMany({ where, orderBy: { id: "asc" } }),
  ]);
  return JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? String(value) : value));
}

async function expectMistake(change: Record<string, unknown>, line: string): Promise<void> {
  const tenant = await createTenant(settings);
  const before = await everythingOf(tenant);

  await expect(apply(tenant, change)).rejects.toMatchObject({
    name: "ConfigurationError",
    message: expect.stringContaining(`tenants[0].${line}`),
  });

  expect(await everythingOf(tenant)).toBe(before);
}

const total = { field: "payload.total", operator: "eq", value: 10 };
test.each([
  ["none: There is no such field.", { none: [total] }],
  ["all: ", { all: total }],
  ["all[0]: ", { all: ["payload.total = 10"] }],
  ["all[1].fields: There is no such field.", { all: [total, { ...total, fields: "x" }] }],
  ["any[0].Operator: There is no such field.", { any: [{ ...total, Operator: "eq" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "total" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload." }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload.a..b" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload.a b" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload.items[0]" }] }],
  ["all[0].field: ", { all: [{ ...total, field: "payload.total\n" }] }],
  ["all[0].field: ", { all: [{ ...total, field: `payload.${"x".repeat(249)}` }] }],
  ["all[0].field: ", { all: [{ ...total, field: "event.type" }] }],
  ["all[0].field: ", { all: [{ ...total, field: undefined }] }],
  ["all[0].field: There is no such field of a member", { all: [{ ...total, field: "member.firstName" }] }],
  ["any[0].field: There is no such field of a member", { any: [{ ...total, field: "member.givenname" }] }],
  ["all[0].field: There is no such field of a member", { all: [{ ...total, field: "member.isRestricted" }] }],
  ["all[0].field: There is no such field of a member", { all: [{ ...total, field: "member.country.name" }] }],
  ["all[0].field: There is no such field of a member", { all: [{ ...total, field: "member.attributes" }] }],
  ["all[0].field: There is no such field of a member", { all: [{ ...total, field: "member.constructor" }] }],
  ["all[0].operator: ", { all: [{ ...total, operator: "==" }] }],
  ["all[0].operator: ", { all: [{ ...total, operator: "EQ" }] }],
  ["all[0].value: ", { all: [{ field: "payload.total", operator: "eq" }] }],
  ["all[0].value: ", { all: [{ ...total, value: { a: 1 } }] }],
  ["all[0].value: ", { all: [{ ...total, value: [10] }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "in" }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "notIn", value: "a" }] }],
  ["all[0].value", { all: [{ ...total, operator: "in", value: [[1]] }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "in", value: Array(101).fill(1) }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "gt", value: "10" }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "lte", value: true }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "gte", value: null }] }],
  ["all[0].value: ", { all: [{ ...total, operator: "exists", value: 1 }] }],
  ["all[0].value", { all: [{ ...total, value: "@1e400@" }] }],
  ["all: ", { all: Array(21).fill(total) }],
])("the mistake conditions.%s… is told, and nothing is changed", async (line, conditions) => {
  await expectMistake({ rules: [rule, { ...rule, name: "new", conditions }] }, `rules[1].conditions.${line}`);
});

test.each(["1.5", "-0", "0", "-1", "9007199254740992", "1e16", "1e400", '"5"', "null", "true", "[1]", "{}"])(
  "%s is no number of points, wherever a rule takes them",
  async (raw) => {
    const value = `@${raw}@`;
    const perUnit = { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" };

    await expectMistake(
      { rules: [{ ...rule, effect: { type: "POINTS", points: value } }] },
      "rules[0].effect.points: ",
    );
    await expectMistake(
      { rules: [{ ...rule, effect: { ...perUnit, min: value } }] },
      "rules[0].effect.min: ",
    );
    await expectMistake(
      { rules: [{ ...rule, effect: { ...perUnit, max: value } }] },
      "rules[0].effect.max: ",
    );
    if (raw !== "null") {
      const limits = { budgetPoints: value };
      await expectMistake({ rules: [{ ...rule, limits }] }, "rules[0].limits.budgetPoints: ");
    }
    if (raw !== "0") {
      await expectMistake({ rewards: [{ ...coffee, price: value }] }, "rewards[0].price: ");
    }
  },
);

test.each([
  ["5.0", 5],
  ["1e2", 100],
  ["9007199254740991", 9007199254740991],
])("%s is a whole number by its value", async (raw, points) => {
  const tenant = await createTenant(settings);

  await apply(tenant, { rules: [{ ...rule, effect: { type: "POINTS", points: `@${raw}@` } }] });

  const where = { tenantId: tenant.id };
  expect(await db().rule.findFirstOrThrow({ where })).toMatchObject({ effect: { type: "POINTS", points } });
});

const perUnit = { type: "POINTS", pointsPerUnit: 2, unitField: "payload.total" };
test.each([
  ["effect.type: ", { effect: { type: "points", points: 1 } }],
  ["effect.bonus: There is no such field.", { effect: { type: "POINTS", points: 1, bonus: 2 } }],
  ["effect.pointsPerUnit: ", { effect: { ...perUnit, points: 1 } }],
  ["effect.rounding: ", { effect: { type: "POINTS", points: 1, rounding: "UP" } }],
  ["effect.max: ", { effect: { type: "POINTS", points: 1, max: 5 } }],
  ["effect.unitField: ", { effect: { type: "POINTS", pointsPerUnit: 1 } }],
  ["effect.unitField: ", { effect: { ...perUnit, unitField: "member.attributes.total" } }],
  ["effect.unitField: ", { effect: { ...perUnit, unitField: "total" } }],
  ["effect.pointsPerUnit: ", { effect: { type: "POINTS", unitField: "payload.total" } }],
  ["effect.pointsPerUnit: ", { effect: { ...perUnit, pointsPerUnit: 0 } }],
  ["effect.pointsPerUnit: ", { effect: { ...perUnit, pointsPerUnit: -1 } }],
  ["effect.pointsPerUnit: ", { effect: { ...perUnit, pointsPerUnit: "1" } }],
  ["effect.pointsPerUnit: ", { effect: { ...perUnit, pointsPerUnit: "@1e400@" } }],
  ["effect.rounding: ", { effect: { ...perUnit, rounding: "HALF_UP" } }],
  ["effect.max: ", { effect: { ...perUnit, min: 5, max: 4 } }],
  ["effect.reward: ", { effect: { type: "REWARD" } }],
  ["effect.reward: There is no reward", { effect: { type: "REWARD", reward: "Coffee" } }],
  ["effect.points: There is no such field.", { effect: { type: "REWARD", reward: "coffee", points: 1 } }],
  [
    "pendingDays: Only points can be pending.",
    { effect: { type: "REWARD", reward: "coffee" }, pendingDays: 1 },
  ],
  [
    "limits.budgetPoints: A budget is of points",
    { effect: { type: "REWARD", reward: "coffee" }, limits: { budgetPoints: 1 } },
  ],
  ["pendingDays: ", { pendingDays: 1.5 }],
  ["pendingDays: ", { pendingDays: -1 }],
  ["pendingDays: ", { pendingDays: 3651 }],
  ["limits.perMember.times: ", { limits: { perMember: { times: 0, period: "DAY" } } }],
  ["limits.perMember.times: ", { limits: { perMember: { times: 1.5, period: "DAY" } } }],
  ["limits.perMember.period: ", { limits: { perMember: { times: 1 } } }],
  ["limits.perMember.period: ", { limits: { perMember: { times: 1, period: "HOUR" } } }],
  ["limits.perDay: There is no such field.", { limits: { perDay: 1 } }],
  ["priority: ", { priority: 1.5 }],
  ["priority: ", { priority: 1001 }],
  ["start: ", { start: "2026-12-01" }],
  ["start: ", { start: "2026-02-30T00:00:00Z" }],
  ["end: ", { start: "2026-12-01T00:00:00Z", end: "2026-12-01T01:00:00+01:00" }],
  ["eventType: ", { eventType: "purchase" }],
  ["eventType: There is no event type", { eventType: "NO_SUCH" }],
  ["isActive: There is no such field.", { isActive: false }],
])("the mistake rules[0].%s… is told, and nothing is changed", async (line, change) => {
  await expectMistake({ rules: [{ ...rule, ...change }] }, `rules[0].${line}`);
});

test.each([
  ["REGISTERED_ACCOUNT", "payload.total"],
  ["PROFILE_UPDATED", "payload.city"],
  ["PURCHASED_REWARD", "payload.price"],
  ["PURCHASED_REWARD", "payload.pricePoints.value"],
  ["REDEEMED_VOUCHER", "payload.total"],
  ["BURNED_VOUCHER", "payload.code"],
  ["POINTS_ADJUSTED", "payload.comment"],
  ["POINTS_EXPIRED", "payload.constructor"],
  ["CLOSED", "payload.Total"],
  ["CLOSED", "payload.sum.total"],
  ["CLOSED", "payload.constructor"],
])("a rule for a %s cannot look at %s, which is never there", async (eventType, field) => {
  const all = [
    { field: "member.city", operator: "exists" },
    { field, operator: "exists" },
  ];
  const any = [{ field, operator: "exists" }];
  const effect = { ...perUnit, unitField: field };
  const of = (change: object) => ({ rules: [{ ...rule, eventType, ...change }] });

  await expectMistake(of({ conditions: { all } }), "rules[0].conditions.all[1].field: The payload of");
  await expectMistake(of({ conditions: { any } }), "rules[0].conditions.any[0].field: The payload of");
  await expectMistake(of({ effect }), "rules[0].effect.unitField: The payload of");
});

test.each([
  ["PURCHASED_REWARD", "payload.pricePoints"],
  ["PURCHASED_REWARD", "payload.benefitId"],
  ["POINTS_ADJUSTED", "payload.impactType"],
  ["POINTS_EXPIRED", "payload.points"],
  ["CLOSED", "payload.total"],
  ["CLOSED", "payload.cart.items.0.sku"],
  ["PATTERNED", "payload.x-total"],
  ["PURCHASE", "payload.anything"],
  ["REGISTERED_ACCOUNT", "member.attributes.hat"],
  ["REGISTERED_ACCOUNT", "member.flags.genderProvided"],
  ["REGISTERED_ACCOUNT", "member.streetAddress"],
])("a rule for a %s can look at %s", async (eventType, field) => {
  const tenant = await createTenant(settings);
  const conditions = { all: [{ field, operator: "exists" }] };

  const { tenants } = await apply(tenant, { rules: [{ ...rule, eventType, conditions }] });

  expect(tenants).toEqual([{ code: tenant.code, isNew: false }]);
});

test("a code belongs to one reward, in the file and in the programme", async () => {
  const tea = { ...coffee, externalId: "tea", codes: ["T-1", "C-2"] };
  const tenant = await createTenant({ ...settings, rewards: [{ ...coffee, codes: ["C-1", "C-2"] }] });
  const before = await everythingOf(tenant);

  await expect(apply(tenant, { rewards: [tea] })).rejects.toThrow(
    'tenants[0].rewards[0].codes[1]: Another reward has the code "C-2" already.',
  );
  const sameFile = [
    { ...tea, codes: ["N-1"] },
    { ...tea, externalId: "mug", codes: ["N-0", "N-1"] },
  ];
  await expect(apply(tenant, { rewards: sameFile })).rejects.toThrow("tenants[0].rewards[1].codes[1]: ");
  expect(await everythingOf(tenant)).toBe(before);
});

test("a code that a reward shows to everybody is in no pool, whichever comes first", async () => {
  const shown = { ...coffee, externalId: "shown", codeType: "STATIC", code: "HELLO" };
  const pool = { ...coffee, codes: ["C-1", "HELLO"] };
  const [withShown, withPool] = await Promise.all(
    [shown, pool].map((reward) => createTenant({ ...settings, rewards: [{ ...coffee, ...reward }] })),
  );

  if (!withShown || !withPool) throw new Error("Two programmes were to be made.");
  await expect(apply(withShown, { rewards: [pool] })).rejects.toThrow("tenants[0].rewards[0].codes[1]: ");
  await expect(apply(withPool, { rewards: [shown] })).rejects.toThrow("tenants[0].rewards[0].code: ");
  await expect(apply(withShown, { rewards: [shown] })).resolves.toMatchObject({
    tenants: [{ isNew: false }],
  });
});

test("codes that a reward has or had are passed over, and another programme may have them", async () => {
  const settingsWithCodes = { ...settings, rewards: [{ ...coffee, codes: ["C-1", "C-2"] }] };
  const tenant = await createTenant(settingsWithCodes);
  await createTenant(settingsWithCodes);

  await apply(tenant, { rewards: [{ ...coffee, codes: ["C-2", "C-3", "C-3", "C-1"] }] });

  const codes = await db().rewardCode.findMany({
    where: { tenantId: tenant.id },
    orderBy: { position: "asc" },
  });
  expect(codes.map(({ code }) => code)).toEqual(["C-1", "C-2", "C-3"]);
  expect(await db().reward.findFirst({ where: { tenantId: tenant.id } })).toMatchObject({ codesLeft: 3 });
  expect(await checkLaws()).toEqual([]);
});

test("a stock is not set below what was handed out, and may be set to just that", async () => {
  const gift = { ...rule, effect: { type: "REWARD", reward: "coffee" } };
  const tenant = await createProgramme({ rewards: [coffee], rules: [gift] });
  const members = await Promise.all([createMember(tenant), createMember(tenant)]);
  for (const memberId of members) await report(tenant, memberId);
  const before = await everythingOf(tenant);

  await expect(apply(tenant, { rewards: [{ ...coffee, stock: 1 }] })).rejects.toThrow(
    "tenants[0].rewards[0].stock: 2 are handed out already; enter as many or more.",
  );
  expect(await everythingOf(tenant)).toBe(before);

  await apply(tenant, { rewards: [{ ...coffee, stock: 2 }] });
  const third = await report(tenant, await createMember(tenant));
  expect(third.reactions).toEqual([]);
  expect(await checkLaws()).toEqual([]);
});

test("a budget is not set below what was given, and may be set to just that", async () => {
  const tenant = await createProgramme({ rules: [rule] });
  const memberId = await createMember(tenant);
  await report(tenant, memberId);
  await report(tenant, memberId);
  const before = await everythingOf(tenant);

  await expect(apply(tenant, { rules: [{ ...rule, limits: { budgetPoints: 19 } }] })).rejects.toThrow(
    "tenants[0].rules[0].limits.budgetPoints: 20 points are given already; enter as many or more.",
  );
  expect(await everythingOf(tenant)).toBe(before);

  await apply(tenant, { rules: [{ ...rule, limits: { budgetPoints: 20 } }] });
  const third = await report(tenant, memberId);
  expect(third.reactions).toEqual([]);
  expect(await checkLaws()).toEqual([]);
});

test.each([
  ["stock: ", { stock: -1 }],
  ["stock: ", { stock: 1.5 }],
  ["stock: ", { stock: 2_147_483_648 }],
  ["perMemberLimit: ", { perMemberLimit: 0 }],
  ["validForDays: ", { validForDays: 0 }],
  ["type: ", { type: "COUPON" }],
  ["codeType: ", { codeType: "QR" }],
  ["codePattern: ", { codeType: "GENERATED", codePattern: "ABC" }],
  ["codePattern: ", { codeType: "GENERATED", codePattern: "xx-99" }],
  ["code: ", { codeType: "STATIC" }],
  ["code: ", { codeType: "STATIC", code: " HELLO" }],
  ["codes[1]: ", { codes: ["C-1", ""] }],
  ["codes[0]: ", { codes: ["C\u00001"] }],
  ["category: There is no category", { category: "Treats" }],
  ["tier: There is no tier", { tier: "Gold" }],
  ["value: ", { value: "3.50" }],
  ["value: ", { value: -1 }],
  ["pictureUrl: ", { pictureUrl: "javascript:alert(1)" }],
  ["availability.end: ", { availability: { start: "2026-12-01T00:00:00Z", end: "2026-11-01T00:00:00Z" } }],
  ["availability.until: There is no such field.", { availability: { until: null } }],
  ["pricePoints: There is no such field.", { pricePoints: 1 }],
])("the mistake rewards[0].%s… is told, and nothing is changed", async (line, change) => {
  await expectMistake({ rewards: [{ ...coffee, ...change }] }, `rewards[0].${line}`);
});

test("the first mistake of the database's leaves nothing of what came before it in the file", async () => {
  const good = { ...rule, name: "good", effect: { type: "POINTS", points: 99 } };
  const bad = { ...rule, name: "bad", effect: { type: "REWARD", reward: "gone" } };

  await expectMistake(
    {
      eventTypes: [{ name: "NEW_TYPE" }],
      rewards: [{ ...coffee, price: 1, codes: ["C-1"] }],
      rules: [good, { ...rule, effect: { type: "POINTS", points: 98 } }, bad],
    },
    "rules[2].effect.reward: ",
  );
});
