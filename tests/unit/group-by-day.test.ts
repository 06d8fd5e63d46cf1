import { expect, test } from "vitest";

import { groupByDay } from "#lib/domain/ledger/group-by-day.ts";

const at = new Date("2027-01-02T00:00:00.000Z"); // a day's very first moment
const entries = (...moments: string[]) => moments.map((moment) => ({ occurredAt: new Date(moment) }));
const shape = (...moments: string[]) =>
  groupByDay(entries(...moments), at).map((day) => [day.daysAgo, day.isThisYear, day.entries.length]);

test("entries stand under their days, the latest first", () => {
  expect(
    shape(
      "2027-01-02T00:00:00Z",
      "2027-01-01T23:59:59.999Z",
      "2027-01-01T00:00:00Z",
      "2026-12-31T23:59:59.999Z",
    ),
  ).toEqual([
    [0, true, 1],
    [1, true, 2],
    [2, false, 1],
  ]);
});

test("a day starts at midnight of UTC, wherever the server is", () => {
  const [day] = groupByDay(entries("2026-10-25T01:30:00+02:00"), at);

  expect(day?.startsAt.toISOString()).toBe("2026-10-24T00:00:00.000Z");
  expect(day?.daysAgo).toBe(70);
});

test("the order is left as it is: a day comes twice where another lies between", () => {
  expect(shape("2027-01-01T10:00:00Z", "2026-12-30T10:00:00Z", "2027-01-01T09:00:00Z")).toEqual([
    [1, true, 1],
    [3, false, 1],
    [1, true, 1],
  ]);
});

test("no entries, no days", () => {
  expect(groupByDay([], at)).toEqual([]);
});
