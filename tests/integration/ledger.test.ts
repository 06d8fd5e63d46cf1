import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";

import { db } from "#lib/db/client.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { checkLedger } from "#lib/domain/ledger/check-ledger.ts";
import type { LedgerEntryKind } from "#lib/domain/ledger/ledger-entry.ts";
import { listStatement } from "#lib/domain/ledger/list-statement.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { postAuth } from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

// Goal: every balance is the sum of its entries, whatever happens at once; and where the code fails, the database holds.
// Method: the one command that posts points, in parallel and at random; then the laws; then each law broken by hand.

async function createMember(tenant: TestTenant, authIdentifier: string = randomUUID()): Promise<MemberId> {
  const { json } = await postAuth(tenant, { body: { selector: { authIdentifier }, profile } });
  return json.data.user.id;
}

function post(tenant: TestTenant, memberId: MemberId, points: number, reference: string = randomUUID()) {
  const kind: LedgerEntryKind = points > 0 ? "EARN" : "SPEND";
  return db().$transaction((tx) =>
    postPoints(tx, { tenantId: tenant.id, memberId, kind, points, reference }),
  );
}

function walletOf(tenant: TestTenant, memberId: MemberId) {
  return db().wallet.findUniqueOrThrow({ where: { tenantId_memberId: { tenantId: tenant.id, memberId } } });
}

test("points that are posted stand in the wallet and in the statement", async () => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);
  await post(tenant, memberId, 100);
  await post(tenant, memberId, -30);

  expect(await walletOf(tenant, memberId)).toMatchObject({
    balancePoints: 70n,
    lifetimePoints: 100n,
    spentPoints: 30n,
  });
  const page = await listStatement(tenant.id, memberId, { beforeSequence: null, limit: 1 });
  const rest = await listStatement(tenant.id, memberId, {
    beforeSequence: page.nextBeforeSequence,
    limit: 5,
  });
  expect(page.entries).toMatchObject([{ sequence: 2, points: -30, balanceAfterPoints: 70 }]);
  expect(rest).toMatchObject({ entries: [{ sequence: 1, points: 100 }], nextBeforeSequence: null });
});

test("one reference is posted once, also when fifty try at once", async () => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);

  await Promise.allSettled(Array.from({ length: 50 }, () => post(tenant, memberId, 10, "welcome")));

  expect(await walletOf(tenant, memberId)).toMatchObject({ balancePoints: 10n, entryCount: 1 });
  expect(await post(tenant, memberId, 10, "welcome")).toBeNull();
});

test("fifty spend at once what is enough for one: one may", async () => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);
  await post(tenant, memberId, 100);

  const results = await Promise.allSettled(Array.from({ length: 50 }, () => post(tenant, memberId, -100)));

  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(49);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "points_insufficient" });
  expect(await walletOf(tenant, memberId)).toMatchObject({ balancePoints: 0n });
});

test.each([0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
  "%d points are refused",
  async (points) => {
    const tenant = await createTenant();
    const memberId = await createMember(tenant);

    await expect(post(tenant, memberId, points)).rejects.toMatchObject({ code: "invalid_input" });
    expect(await walletOf(tenant, memberId)).toMatchObject({ balancePoints: 0n, entryCount: 0 });
  },
);

test("a balance that would go beyond 2^53 - 1 is refused and stays", async () => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);
  await post(tenant, memberId, Number.MAX_SAFE_INTEGER);

  await expect(post(tenant, memberId, 1)).rejects.toMatchObject({ code: "invalid_input" });
  expect(await walletOf(tenant, memberId)).toMatchObject({ balancePoints: BigInt(Number.MAX_SAFE_INTEGER) });
});

test("after random movements of many members in parallel every law holds", async () => {
  const tenant = await createTenant();
  const members = await Promise.all(Array.from({ length: 5 }, () => createMember(tenant)));
  const movement = fc.record({
    member: fc.integer({ min: 0, max: members.length - 1 }),
    points: fc.integer({ min: -200, max: 200 }).filter((points) => points !== 0),
    reference: fc.integer({ min: 0, max: 40 }).map((number) => `reference-${number}`),
  });

  await fc.assert(
    fc.asyncProperty(fc.array(movement, { minLength: 10, maxLength: 40 }), async (movements) => {
      await Promise.allSettled(
        movements.map(({ member, points, reference }) =>
          post(tenant, members[member] as MemberId, points, `${randomUUID().slice(0, 2)}${reference}`),
        ),
      );
      expect(await checkLedger()).toEqual([]);
    }),
    { numRuns: 15 },
  );
  const wallets = await db().wallet.findMany({ where: { tenantId: tenant.id } });
  expect(wallets.some(({ entryCount }) => entryCount > 5)).toBe(true); // something did happen
});

test.each([
  ["changing an entry", 'UPDATE "ledger_entries" SET "points" = 5'],
  ["deleting an entry", 'DELETE FROM "ledger_entries"'],
  ["emptying the ledger", 'TRUNCATE "ledger_entries" CASCADE'],
  ["a balance without an entry", 'UPDATE "wallets" SET "balancePoints" = "balancePoints" + 1'],
  ["a balance below zero", 'UPDATE "wallets" SET "balancePoints" = -1'],
  [
    "an entry that leaves the wallet alone",
    `INSERT INTO "ledger_entries" SELECT "tenantId", gen_random_uuid(), "memberId", 2, 'EARN', 5, 105, NULL, NULL, now(), now()
     FROM "ledger_entries" WHERE "sequence" = 1`,
  ],
  [
    "an entry that does not continue the one before",
    `INSERT INTO "ledger_entries" SELECT "tenantId", gen_random_uuid(), "memberId", 2, 'EARN', 5, 999, NULL, NULL, now(), now()
     FROM "ledger_entries" WHERE "sequence" = 1`,
  ],
  ["bringing a session back", `UPDATE "sessions" SET "endedAt" = NULL, "endReason" = NULL`],
])("the database refuses %s", async (_what, statement) => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);
  await post(tenant, memberId, 100);
  await db().session.updateMany({
    where: { tenantId: tenant.id },
    data: { endedAt: new Date(), endReason: "signed_out" },
  });

  await expect(db().$executeRawUnsafe(statement)).rejects.toThrow();
  expect(await walletOf(tenant, memberId)).toMatchObject({ balancePoints: 100n });
});

test("db:check sees a wallet that its entries do not explain", async () => {
  const tenant = await createTenant();
  const memberId = await createMember(tenant);
  await post(tenant, memberId, 100);
  await db().$executeRawUnsafe('ALTER TABLE "wallets" DISABLE TRIGGER "wallets_show_newest_entry"');
  await db().$executeRawUnsafe(
    `UPDATE "wallets" SET "balancePoints" = 7, "spentPoints" = 1 WHERE "memberId" = '${memberId}'`,
  );

  const broken = await checkLedger();

  expect(broken.map(({ law }) => law).sort()).toEqual([
    "a wallet's balance is the sum of its entries",
    "a wallet's spent and expired points are the sums of those entries",
  ]);
});
