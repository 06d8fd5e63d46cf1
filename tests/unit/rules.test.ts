import fc from "fast-check";
import { expect, test } from "vitest";

import { drawCodes } from "#lib/domain/rewards/draw-codes.ts";
import { problemWithConditions, valueAt } from "#lib/domain/rules/condition.ts";
import { periodAround } from "#lib/domain/rules/period.ts";
import { pointsOfEffect } from "#lib/domain/rules/points-of-effect.ts";
import type { Condition, Effect } from "#lib/domain/rules/rule-schema.ts";

// Goal: a rule reads an event as it was written, without guessing: no coercion, no prototype, no floats, no
// time zone but UTC.
// Method: tables of the traps; and where arithmetic is exact, whole numbers of a hundredth as the judge.

const total = "payload.total";

function meets(condition: Condition, payload: Record<string, unknown>, member = {}): boolean {
  return problemWithConditions({ all: [condition] }, { payload, member }) === null;
}

test.each<[Condition["operator"], Condition["value"], unknown, boolean]>([
  ["eq", 10, 10, true],
  ["eq", 10, 10.5, false],
  ["eq", "a", "a", true],
  ["eq", "a", "A", false],
  ["eq", "é", "e\u0301", false],
  ["eq", true, true, true],
  ["eq", null, null, true],
  ["eq", 0, false, false],
  ["eq", 0, "", false],
  ["eq", 1, "1", false],
  ["eq", "1", 1, false],
  ["eq", "true", true, false],
  ["eq", "a", ["a"], false],
  ["eq", "[object Object]", {}, false],
  ["ne", 10, 11, true],
  ["ne", 10, 10, false],
  ["ne", 10, "10", true],
  ["gt", 10, 10, false],
  ["gt", 10, 10.01, true],
  ["gt", 10, "11", false],
  ["gt", 0, true, false],
  ["gt", -1, null, false],
  ["gt", 0, [5], false],
  ["gte", 10, 10, true],
  ["gte", 10, 9.99, false],
  ["gte", 10, "10", false],
  ["gte", 0, null, false],
  ["lt", 10, 9.99, true],
  ["lt", 10, 10, false],
  ["lt", 10, "9", false],
  ["lt", 1, null, false],
  ["lte", 10, 10, true],
  ["lte", 10, 10.01, false],
  ["lte", 1, false, false],
  ["in", ["a", 1, null], "a", true],
  ["in", ["a", 1, null], 1, true],
  ["in", ["a", 1, null], "1", false],
  ["in", ["a", 1, null], null, true],
  ["in", [], "a", false],
  ["notIn", ["a", 1], "b", true],
  ["notIn", ["a", 1], "1", true],
  ["notIn", ["a", 1], 1, false],
  ["notIn", [], "a", true],
  ["exists", true, 0, true],
  ["exists", true, "", true],
  ["exists", true, false, true],
  ["exists", true, null, false],
  ["exists", false, null, true],
  ["exists", false, 0, false],
  ["exists", undefined, "x", true],
  ["exists", undefined, null, false],
])("%s %j asked of %j is %s", (operator, value, found, expected) => {
  expect(meets({ field: total, operator, value }, { total: found })).toBe(expected);
});

test.each<[Condition["operator"], Condition["value"], boolean]>([
  ["eq", null, false],
  ["eq", "undefined", false],
  ["ne", 10, true],
  ["ne", null, true],
  ["gt", -1, false],
  ["gte", 0, false],
  ["lt", 1, false],
  ["lte", 0, false],
  ["in", [null, 1], false],
  ["notIn", [null, 1], true],
  ["exists", true, false],
  ["exists", undefined, false],
  ["exists", false, true],
])("%s %j asked of a field that is not there is %s", (operator, value, expected) => {
  expect(meets({ field: total, operator, value }, {})).toBe(expected);
});

test.each([
  "payload.constructor",
  "payload.constructor.name",
  "payload.__proto__",
  "payload.toString",
  "payload.items.length",
  "payload.items.constructor",
  "payload.items.-1",
  "payload.items.2",
  "payload.items.1.5",
  "payload.items. 0",
  "payload.items.0x0",
  "payload.name.length",
  "payload.name.0",
  "payload.nothing.deeper",
  "payload.total.toFixed",
  "member.constructor",
  "constructor",
  "__proto__.constructor",
])("there is nothing at %s", (field) => {
  const payload = { items: [{ sku: "A" }, { sku: "B" }], name: "Ana", nothing: null, total: 5 };

  expect(valueAt({ payload, member: {} }, field)).toBeUndefined();
  expect(meets({ field, operator: "exists", value: true }, payload)).toBe(false);
});

test.each([
  ["payload.items.1.sku", "B"],
  ["payload.deep.er.est", 0],
  ["payload.length", 3],
  ["payload.constructor", "own"],
  ["payload.0", "a key that looks like an index"],
  ["member.flags.isStaff", false],
])("at %s stands its own value", (field, expected) => {
  const payload = {
    ...{ items: [{ sku: "A" }, { sku: "B" }], deep: { er: { est: 0 } }, length: 3 },
    ...JSON.parse('{"constructor":"own","0":"a key that looks like an index"}'),
  };

  expect(valueAt({ payload, member: { flags: { isStaff: false } } }, field)).toBe(expected);
});

const isTen: Condition = { field: total, operator: "eq", value: 10 };
const isEleven: Condition = { field: total, operator: "eq", value: 11 };
const isThere: Condition = { field: total, operator: "exists", value: true };
test.each([
  [null, true],
  [{}, true],
  [{ all: [], any: [] }, true],
  [{ all: [isThere, isTen] }, true],
  [{ all: [isThere, isEleven] }, false],
  [{ all: [isEleven, isThere] }, false],
  [{ any: [isEleven, isTen] }, true],
  [{ any: [isEleven] }, false],
  [{ all: [isTen], any: [isEleven] }, false],
  [{ all: [isEleven], any: [isTen] }, false],
  [{ all: [isThere], any: [isEleven, isTen] }, true],
])("%j is met by a total of 10: %s", (conditions, expected) => {
  const problem = problemWithConditions(conditions, { payload: { total: 10 }, member: {} });

  expect(problem === null).toBe(expected);
});

test("an unmet condition is told by its field, what it asks for and what was found", () => {
  const told = (condition: Condition, payload = {}) =>
    problemWithConditions({ all: [condition] }, { payload, member: {} });

  expect(told(isTen)).toBe("payload.total is to be 10; it is not there.");
  expect(told(isTen, { total: "10" })).toBe('payload.total is to be 10; it is "10".');
  expect(told(isThere)).toBe("payload.total is to be there; it is not there.");
  expect(told({ ...isThere, value: false }, { total: 0 })).toBe("payload.total is not to be there; it is 0.");
});

type PointsEffect = Extract<Effect, { type: "POINTS" }>;

function pointsFor(units: unknown, effect: Partial<PointsEffect>) {
  const facts = { payload: { total: units }, member: {} };
  return pointsOfEffect({ type: "POINTS", unitField: total, ...effect }, facts);
}

test.each<[unknown, number, PointsEffect["rounding"], number]>([
  [4.35, 100, undefined, 435],
  [1.1, 110, undefined, 121],
  [1.15, 100, "NEAREST", 115],
  [0.3, 10, undefined, 3],
  [0.7, 10, "UP", 7],
  [1.005, 100, "NEAREST", 101],
  [1.005, 100, "DOWN", 100],
  [8.2, 0.1, "UP", 1],
  [3, 1.1, "UP", 4],
  [30, 1.1, "UP", 33],
  [10.99, 1, "DOWN", 10],
  [10.01, 1, "UP", 11],
  [10.5, 1, "NEAREST", 11],
  [10.49, 1, "NEAREST", 10],
  [9.999999999999998, 1, "DOWN", 9],
  [1e-300, 1, "UP", 1],
  [0.5, 18014398509481982, "DOWN", 9007199254740991],
  [9007199254740991, 1, "DOWN", 9007199254740991],
])("%d units at %d points each, rounded %s, are %d points", (units, pointsPerUnit, rounding, points) => {
  const effect = rounding ? { pointsPerUnit, rounding } : { pointsPerUnit };

  expect(pointsFor(units, effect)).toEqual({ points });
});

test("hundredths times points are exact, whichever way they are rounded", () => {
  const hundredths = fc.integer({ min: 1, max: 1_000_000_000 });
  const perUnit = fc.integer({ min: 1, max: 100_000 });

  fc.assert(
    fc.property(hundredths, perUnit, (units, pointsPerUnit) => {
      const exact = BigInt(units) * BigInt(pointsPerUnit);
      const rounded = { DOWN: exact / 100n, UP: (exact + 99n) / 100n, NEAREST: (exact + 50n) / 100n };
      for (const rounding of ["DOWN", "UP", "NEAREST"] as const) {
        const result = pointsFor(units / 100, { pointsPerUnit, rounding });
        const points = Number(rounded[rounding]);
        if (points > 0) expect(result).toEqual({ points });
        else expect(result).toHaveProperty("problem");
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each<[number, Partial<PointsEffect>, number]>([
  [0.5, { min: 5 }, 5],
  [0.001, { min: 1 }, 1],
  [5, { min: 5 }, 5],
  [6, { min: 5 }, 6],
  [1_000, { max: 20 }, 20],
  [20, { max: 20 }, 20],
  [19.9, { max: 20 }, 19],
  [19.9, { min: 20, max: 20 }, 20],
  [1e308, { max: 1_000 }, 1_000],
])("%d units within %j are %d points", (units, bounds, points) => {
  expect(pointsFor(units, { pointsPerUnit: 1, ...bounds })).toEqual({ points });
});

test.each([0, -0, -1, -0.01, -1e300, "10", "", null, true, [10], {}, undefined])(
  "%j units give nothing, whatever the minimum",
  (units) => {
    expect(pointsFor(units, { pointsPerUnit: 1, min: 5, rounding: "UP" })).toEqual({
      problem: expect.stringContaining(total),
    });
  },
);

test("less than one point is none", () => {
  expect(pointsFor(0.99, { pointsPerUnit: 1 })).toEqual({ problem: expect.stringContaining("0 points") });
  expect(pointsFor(0.49, { pointsPerUnit: 1, rounding: "NEAREST" })).toHaveProperty("problem");
});

test.each([
  [9007199254740992, 1],
  [9007199254740991, 1.0000001],
  [1e308, 1e308],
])("%d units at %d points each are more than points can be", (units, pointsPerUnit) => {
  expect(pointsFor(units, { pointsPerUnit })).toEqual({ overflow: true });
});

test("fixed points are given without a look at the event", () => {
  expect(pointsOfEffect({ type: "POINTS", points: 7 }, { payload: {}, member: {} })).toEqual({ points: 7 });
});

test.each([
  ["DAY", "2026-11-21T00:00:00.000Z", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"],
  ["DAY", "2026-11-21T23:59:59.999Z", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"],
  ["DAY", "2026-03-29T01:30:00.000Z", "2026-03-29T00:00:00.000Z", "2026-03-30T00:00:00.000Z"],
  ["DAY", "2028-02-28T12:00:00.000Z", "2028-02-28T00:00:00.000Z", "2028-02-29T00:00:00.000Z"],
  ["DAY", "2026-12-31T12:00:00.000Z", "2026-12-31T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["WEEK", "2026-11-16T00:00:00.000Z", "2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"],
  ["WEEK", "2026-11-22T23:59:59.999Z", "2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"],
  ["WEEK", "2027-01-01T00:00:00.000Z", "2026-12-28T00:00:00.000Z", "2027-01-04T00:00:00.000Z"],
  ["WEEK", "2028-03-01T00:00:00.000Z", "2028-02-28T00:00:00.000Z", "2028-03-06T00:00:00.000Z"],
  ["MONTH", "2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
  ["MONTH", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["MONTH", "2028-02-29T12:00:00.000Z", "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
  ["MONTH", "2027-01-31T12:00:00.000Z", "2027-01-01T00:00:00.000Z", "2027-02-01T00:00:00.000Z"],
  ["YEAR", "2026-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["YEAR", "2028-02-29T12:00:00.000Z", "2028-01-01T00:00:00.000Z", "2029-01-01T00:00:00.000Z"],
] as const)("the %s around %s is from %s to %s", (period, moment, from, to) => {
  expect(periodAround(period, new Date(moment))).toEqual({ from: new Date(from), to: new Date(to) });
});

test("every moment is in its period, and the period around its end is the next one", () => {
  const moments = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });

  fc.assert(
    fc.property(moments, fc.constantFrom("DAY", "WEEK", "MONTH", "YEAR"), (moment, period) => {
      const around = periodAround(period, moment);
      expect(around && around.from <= moment && moment < around.to).toBe(true);
      expect(around && periodAround(period, around.to)?.from).toEqual(around?.to);
      if (period === "WEEK") expect(around?.from.getUTCDay()).toBe(1);
    }),
  );
});

test("EVER has no bounds", () => {
  expect(periodAround("EVER", new Date("2026-11-21T00:00:00Z"))).toBeNull();
});

test("codes are drawn by their pattern, without the letters that look like digits", () => {
  const codes = drawCodes("CAFE-XX99-X", 500);

  expect(codes).toHaveLength(500);
  for (const code of codes) expect(code).toMatch(/^CAFE-[A-HJ-NP-Z]{2}\d{2}-[A-HJ-NP-Z]$/);
  expect(new Set(codes).size).toBeGreaterThan(490);
  expect(drawCodes("99", 2_000)).toEqual(expect.arrayContaining(["00", "99"]));
});

test("without a pattern no codes are drawn", () => {
  expect(drawCodes(null)).toEqual([]);
});
