import { expect, test } from "vitest";

import { tierProgress } from "#lib/domain/tiers/tier-progress.ts";

const tiers = [
  { id: "g", name: "Gold", pointsRequirement: 5000 },
  { id: "s", name: "Silver", pointsRequirement: 1000 },
];

test.each([
  [0, null, "Silver", 1000, 0],
  [999, null, "Silver", 1, 0.999],
  [1000, "Silver", "Gold", 4000, 0],
  [3000, "Silver", "Gold", 2000, 0.5],
])("with %d points: tier %s, next %s in %d", (points, tier, next, pointsToGo, share) => {
  const progress = tierProgress(tiers, points);

  expect(progress.tier?.name ?? null).toBe(tier);
  expect(progress.nextTier).toMatchObject({ name: next, pointsToGo });
  expect(progress.share).toBeCloseTo(share);
});

test("at the top there is no next tier, and without tiers none at all", () => {
  expect(tierProgress(tiers, 9000)).toMatchObject({ tier: { name: "Gold" }, nextTier: null, share: 1 });
  expect(tierProgress([], 9000)).toEqual({ tier: null, nextTier: null, share: 1 });
});
