import { expect, test } from "vitest";

import { expiryMonthsOf } from "#lib/domain/ledger/expiry-months.ts";

const max = { monthsMax: 3, lotsMax: 10 };
const month = (startsOn: string, points: number, lotCount = 1) => ({ startsOn, points, lotCount });
const shape = (...expiring: ReturnType<typeof month>[]) => {
  const { months, laterPoints } = expiryMonthsOf(expiring, max);
  return [
    ...months.map(({ startsAt, points }) => `${startsAt.toISOString().slice(0, 10)} ${points}`),
    laterPoints,
  ];
};

test("months follow each other over the year's end, and those without anything stand between", () => {
  expect(shape(month("2026-12-01", 40), month("2027-02-01", 7))).toEqual([
    "2026-12-01 40",
    "2027-01-01 0",
    "2027-02-01 7",
    0,
  ]);
});

test("what comes after the last month shown is one sum", () => {
  expect(
    shape(month("2026-11-01", 1), month("2027-01-01", 2), month("2027-02-01", 4), month("2027-09-01", 8)),
  ).toEqual(["2026-11-01 1", "2026-12-01 0", "2027-01-01 2", 12]);
});

test("a month that may have more than was looked at is left out, and what is later unknown", () => {
  expect(shape(month("2026-11-01", 1, 4), month("2026-12-01", 2, 6))).toEqual(["2026-11-01 1", null]);
  expect(shape(month("2026-11-01", 1, 4), month("2026-12-01", 2, 5))).toEqual([
    "2026-11-01 1",
    "2026-12-01 2",
    0,
  ]);
});

test("nothing expires, nothing is shown", () => {
  expect(shape()).toEqual([0]);
});
