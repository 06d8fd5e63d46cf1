import { expect, inject, test } from "vitest";

import { db, type Tx } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLaws } from "#lib/domain/laws/check-laws.ts";
import {
  buy,
  codeOf,
  createMember,
  createProgramme,
  report,
  rewardIdOf,
  walletRow,
} from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";

// Goal: who buys a reward of which there is always one more waits for nobody until it is counted; and whatever becomes of
// the reward in the meantime, the purchase goes by what it is in the end.
// Method: a transaction of the test's own changes or holds the reward while a purchase runs, which needs a PostgreSQL
// server; the laws are asked for after each.

const serverUrl = inject("databaseServerUrl");

const coffee = { externalId: "coffee", name: "Coffee", type: "VOUCHER", price: 100 };

async function createBuyer(reward: object = coffee, settings: object = {}) {
  const tenant = await createProgramme({ rewards: [reward], ...settings });
  return {
    tenant,
    memberId: await createMember(tenant, 500),
    rewardId: await rewardIdOf(tenant, "coffee"),
  };
}

function rewardRow(tenant: TestTenant) {
  return db().reward.findFirstOrThrow({ where: { tenantId: tenant.id, externalId: "coffee" } });
}

/** Until a statement of this database waits for another transaction's lock. */
async function somebodyWaits(): Promise<void> {
  for (let looks = 0; looks < 2_000; looks++) {
    const rows = await db().$queryRaw<{ waiting: number }[]>`
      SELECT count(*)::int AS "waiting" FROM pg_stat_activity
      WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`;
    if (rows[0]?.waiting) return;
  }
  throw new Error("Nobody waits.");
}

/** Changes the reward, and commits only when the purchase waits for that; what the purchase was answered with. */
async function buyDuring(
  { tenant, memberId, rewardId }: { tenant: TestTenant; memberId: MemberId; rewardId: string },
  change: (tx: Tx, where: { tenantId_id: { tenantId: string; id: string } }) => Promise<unknown>,
): Promise<string> {
  let outcome: Promise<string> | undefined;
  await db().$transaction(async (tx) => {
    await change(tx, { tenantId_id: { tenantId: tenant.id, id: rewardId } });
    outcome = codeOf(buy(tenant, memberId, rewardId));
    await somebodyWaits();
  });
  return outcome ?? "";
}

test("what is bought by many at once is counted, each once", async () => {
  const { tenant, rewardId } = await createBuyer();
  const members = await Promise.all(Array.from({ length: 20 }, () => createMember(tenant, 150)));

  const codes = await Promise.all(
    [...members, ...members].map((memberId) => codeOf(buy(tenant, memberId, rewardId))),
  );

  expect(codes.filter((code) => code === "done")).toHaveLength(20);
  expect(codes.filter((code) => code === "points_insufficient")).toHaveLength(20);
  expect(await rewardRow(tenant)).toMatchObject({ issuedCount: 20 });
  expect(await checkLaws()).toEqual([]);
});

test("a limit of one for each member holds for purchases at once, bought or given", async () => {
  const rules = [{ name: "A coffee", eventType: "PURCHASE", effect: { type: "REWARD", reward: "coffee" } }];
  const { tenant, memberId, rewardId } = await createBuyer({ ...coffee, perMemberLimit: 1 }, { rules });

  const codes = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0 ? codeOf(buy(tenant, memberId, rewardId)) : codeOf(report(tenant, memberId)),
    ),
  );

  expect(codes.filter((code) => code !== "done" && code !== "reward_limit_reached")).toEqual([]);
  expect(await rewardRow(tenant)).toMatchObject({ issuedCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test("a reward that is bought and, by a rule, given for it is counted twice", async () => {
  const rules = [
    { name: "Another", eventType: "PURCHASED_REWARD", effect: { type: "REWARD", reward: "coffee" } },
  ];
  const { tenant, memberId, rewardId } = await createBuyer(coffee, { rules });

  expect(await codeOf(buy(tenant, memberId, rewardId))).toBe("done");

  expect(await rewardRow(tenant)).toMatchObject({ issuedCount: 2 });
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("who may not buy hears so while somebody else holds the reward", async () => {
  const { tenant, rewardId } = await createBuyer();
  const poor = await createMember(tenant);

  const code = await db().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM "rewards" WHERE "id" = ${rewardId}::uuid FOR NO KEY UPDATE`;
    return codeOf(buy(tenant, poor, rewardId));
  });

  expect(code).toBe("points_insufficient");
});

test.runIf(serverUrl)("a price that changes during a purchase is the one that is paid", async () => {
  const buyer = await createBuyer();

  const code = await buyDuring(buyer, (tx, where) => tx.reward.update({ where, data: { pricePoints: 70n } }));

  expect(code).toBe("done");
  expect(await walletRow(buyer.tenant, buyer.memberId)).toMatchObject({
    balancePoints: 430,
    spentPoints: 70,
  });
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl).each([
  ["reward_not_found", { archivedAt: new Date() }],
  ["reward_not_available", { availableUntil: new Date(0) }],
  ["reward_not_available", { availableFrom: new Date(Date.now() + 1e9) }],
  ["reward_out_of_stock", { stockTotal: 1 }],
  ["reward_out_of_stock", { codeType: "POOL" }],
  ["reward_limit_reached", { perMemberLimit: 1 }],
])("a purchase is refused with %s where that becomes true while it runs", async (refusal, data) => {
  const buyer = await createBuyer();
  await buy(buyer.tenant, buyer.memberId, buyer.rewardId);

  const code = await buyDuring(buyer, (tx, where) => tx.reward.update({ where, data }));

  expect(code).toBe(refusal);
  expect(await walletRow(buyer.tenant, buyer.memberId)).toMatchObject({ balancePoints: 400, entryCount: 2 });
  expect(await rewardRow(buyer.tenant)).toMatchObject({ issuedCount: 1 });
  expect(await checkLaws()).toEqual([]);
});

test.runIf(serverUrl)("a stock that is set while some buy is not sold twice", async () => {
  const { tenant, rewardId } = await createBuyer();
  const members = await Promise.all(Array.from({ length: 5 }, () => createMember(tenant, 100)));
  const where = { tenantId_id: { tenantId: tenant.id, id: rewardId } };
  let outcomes: Promise<string>[] = [];

  await db().$transaction(async (tx) => {
    await tx.reward.update({ where, data: { stockTotal: 2 } });
    outcomes = members.map((memberId) => codeOf(buy(tenant, memberId, rewardId)));
    await somebodyWaits();
  });
  const codes = await Promise.all(outcomes);

  expect(codes.filter((code) => code === "done")).toHaveLength(2);
  expect(codes.filter((code) => code === "reward_out_of_stock")).toHaveLength(3);
  expect(await rewardRow(tenant)).toMatchObject({ issuedCount: 2 });
  expect(await checkLaws()).toEqual([]);
});
