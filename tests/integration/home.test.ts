import { expect, test } from "vitest";

import { getHome } from "#lib/domain/home/get-home.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { getWallet } from "#lib/domain/ledger/get-wallet.ts";
import { adjust, createMember, createProgramme } from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import { moveTo, start, stopTheClock } from "#tests/support/stopped-clock.ts";

// Goal: the first page says what a balance is about to lose, and what it is about to be enough for.

const priced = (name: string, price: number, rest: object = {}) => ({
  ...{ externalId: name, name, type: "GENERIC_OFFER", price },
  ...rest,
});

async function homeOf(tenant: TestTenant, memberId: MemberId) {
  return getHome(tenant.id, memberId, await getWallet(tenant, { memberId }));
}

test("what expires next is all that its day takes, and is said from sixty days before", async () => {
  stopTheClock();
  const tenant = await createProgramme({ pointsExpiry: { afterDays: 100 } });
  const memberId = await createMember(tenant, 30);
  moveTo(0, 13 * 3_600_000); // later on the same day
  await adjust(tenant, memberId, 5);
  moveTo(0, 14 * 3_600_000 - 1); // its last millisecond
  await adjust(tenant, memberId, 2);
  moveTo(0, 14 * 3_600_000);
  await adjust(tenant, memberId, 100);
  const stranger = await createMember(tenant, 1000);

  moveTo(40, -1);
  expect((await homeOf(tenant, memberId)).expiresSoon).toBeNull();
  moveTo(40);
  expect((await homeOf(tenant, memberId)).expiresSoon).toEqual({
    points: 37,
    expiresAt: new Date(start.getTime() + 100 * 86_400_000),
    isThisYear: true,
  });
  expect((await homeOf(tenant, stranger)).expiresSoon).toBeNull();
});

test("points that never expire are not spoken of", async () => {
  const tenant = await createProgramme();

  expect((await homeOf(tenant, await createMember(tenant, 10))).expiresSoon).toBeNull();
});

test("the goal is the nearest reward that only points are missing for, and stands there once", async () => {
  const tenant = await createProgramme({
    tiers: [{ name: "Gold", pointsRequirement: 10_000 }],
    rewards: [
      ...[10, 20, 30, 40, 50].map((price) => priced(`for ${price}`, price)),
      priced("gold", 51, { tier: "Gold" }),
      priced("later", 52, { availability: { start: "2099-01-01T00:00:00Z", end: null } }),
      ...[60, 70, 80, 90, 95].map((price) => priced(`for ${price}`, price)),
    ],
  });
  const names = async (points: number) => {
    const { goal, nearRewards } = await homeOf(tenant, await createMember(tenant, points));
    return [goal?.name ?? null, ...nearRewards.map(({ name }) => name)];
  };

  expect(await names(50)).toEqual(["for 60", "for 30", "for 40", "for 50", "for 70"]);
  expect(await names(0)).toEqual(["for 10", "for 20", "for 30", "for 40", "for 50"]);
  expect(await names(95)).toEqual([null, "for 70", "for 80", "for 90", "for 95"]);
});
