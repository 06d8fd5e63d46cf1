import { db, type Tx } from "#lib/db/client.ts";

export type NewLedgerEntry = {
  tenantId: string;
  id: string;
  memberId: string;
  kind: string;
  points: number;
  /** How much of it counts as earned, spent or expired. */
  earnedPoints: number;
  spentPoints: number;
  expiredPoints: number;
  reference: string | null;
  description: string | null;
  occurredAt: Date;
  createdAt: Date;
};

export type LedgerEntryRow = {
  id: string;
  sequence: number;
  kind: string;
  points: bigint | number;
  balanceAfterPoints: bigint | number;
  description: string | null;
  occurredAt: Date | string;
};

const safePointsMax = Number.MAX_SAFE_INTEGER;

/**
 * The only writer of points: appends the entry and moves the wallet by the same amount, in one statement. The wallet's
 * row is locked by its update, so one member's moves go in single file. Null where the balance would leave its range, or
 * the reference has been posted before.
 */
export async function postEntry(tx: Tx, entry: NewLedgerEntry): Promise<LedgerEntryRow | null> {
  const { tenantId, memberId, points, earnedPoints, spentPoints, expiredPoints, reference } = entry;
  const rows = await tx.$queryRaw<LedgerEntryRow[]>`
    WITH "moved" AS (
      UPDATE "wallets" w SET
        "balancePoints" = w."balancePoints" + ${points}::bigint,
        "lifetimePoints" = w."lifetimePoints" + ${earnedPoints}::bigint,
        "spentPoints" = w."spentPoints" + ${spentPoints}::bigint,
        "expiredPoints" = w."expiredPoints" + ${expiredPoints}::bigint,
        "entryCount" = w."entryCount" + 1
      WHERE w."tenantId" = ${tenantId}::uuid AND w."memberId" = ${memberId}::uuid
        AND w."balancePoints" + ${points}::bigint BETWEEN 0 AND ${safePointsMax}::bigint
        AND w."lifetimePoints" + ${earnedPoints}::bigint <= ${safePointsMax}::bigint
        AND NOT EXISTS (
          SELECT 1 FROM "ledger_entries" e WHERE e."tenantId" = ${tenantId}::uuid AND e."reference" = ${reference})
      RETURNING w."balancePoints", w."entryCount"
    )
    INSERT INTO "ledger_entries" ("tenantId", "id", "memberId", "sequence", "kind", "points", "balanceAfterPoints",
      "reference", "description", "occurredAt", "createdAt")
    SELECT ${tenantId}::uuid, ${entry.id}::uuid, ${memberId}::uuid, m."entryCount", ${entry.kind}, ${points}::bigint,
      m."balancePoints", ${reference}, ${entry.description}, ${entry.occurredAt}::timestamptz,
      ${entry.createdAt}::timestamptz
    FROM "moved" m
    RETURNING "id", "sequence", "kind", "points", "balanceAfterPoints", "description", "occurredAt"`;
  return rows[0] ?? null;
}

export async function isPosted(tx: Tx, tenantId: string, reference: string): Promise<boolean> {
  const entry = await tx.ledgerEntry.findUnique({
    where: { tenantId_reference: { tenantId, reference } },
    select: { id: true },
  });
  return entry !== null;
}

/** A member's entries, newest first; `beforeSequence` goes on where the last page ended. */
export async function listEntries(
  tenantId: string,
  memberId: string,
  page: { beforeSequence: number | null; limit: number },
): Promise<LedgerEntryRow[]> {
  return db().ledgerEntry.findMany({
    where: {
      tenantId,
      memberId,
      ...(page.beforeSequence === null ? {} : { sequence: { lt: page.beforeSequence } }),
    },
    select: {
      id: true,
      sequence: true,
      kind: true,
      points: true,
      balanceAfterPoints: true,
      description: true,
      occurredAt: true,
    },
    orderBy: { sequence: "desc" },
    take: page.limit,
  });
}

export type BrokenLaw = { law: string; tenantId: string; memberId: string; found: string };

/** Every wallet that its entries do not explain, and every entry that does not continue the one before it. */
export async function findBrokenLedgerLaws(): Promise<BrokenLaw[]> {
  return db().$queryRaw<BrokenLaw[]>`
    WITH "sums" AS (
      SELECT "tenantId", "memberId", sum("points") AS "points", count(*) AS "entries", max("sequence") AS "newest",
        sum("points") FILTER (WHERE "kind" IN ('OPENING', 'EARN')) AS "earned",
        -sum("points") FILTER (WHERE "kind" = 'SPEND') AS "spent",
        -sum("points") FILTER (WHERE "kind" = 'EXPIRY') AS "expired"
      FROM "ledger_entries" GROUP BY "tenantId", "memberId"
    ),
    "wallet_laws" AS (
      SELECT w."tenantId", w."memberId", w."balancePoints", w."lifetimePoints", w."spentPoints",
        w."expiredPoints", w."entryCount",
        COALESCE(s."points", 0) AS "points", COALESCE(s."entries", 0) AS "entries", COALESCE(s."newest", 0) AS "newest",
        COALESCE(s."earned", 0) AS "earned", COALESCE(s."spent", 0) AS "spent",
        COALESCE(s."expired", 0) AS "expired"
      FROM "wallets" w LEFT JOIN "sums" s USING ("tenantId", "memberId")
    ),
    "steps" AS (
      SELECT e."tenantId", e."memberId", e."sequence", e."balanceAfterPoints", e."points",
        lag(e."balanceAfterPoints", 1, 0::bigint) OVER (
          PARTITION BY e."tenantId", e."memberId" ORDER BY e."sequence") AS "balanceBefore"
      FROM "ledger_entries" e
    )
    SELECT 'a wallet''s balance is the sum of its entries' AS "law", "tenantId", "memberId",
      format('balance %s, sum %s', "balancePoints", "points") AS "found"
    FROM "wallet_laws" WHERE "balancePoints" <> "points"
    UNION ALL
    SELECT 'a wallet''s lifetime points are the sum of what was earned', "tenantId", "memberId",
      format('lifetime %s, earned %s', "lifetimePoints", "earned")
    FROM "wallet_laws" WHERE "lifetimePoints" <> "earned"
    UNION ALL
    SELECT 'a wallet''s spent and expired points are the sums of those entries', "tenantId", "memberId",
      format('spent %s of %s, expired %s of %s', "spentPoints", "spent", "expiredPoints", "expired")
    FROM "wallet_laws" WHERE "spentPoints" <> "spent" OR "expiredPoints" <> "expired"
    UNION ALL
    SELECT 'a wallet''s entries are numbered from 1 without a gap', "tenantId", "memberId",
      format('%s entries, newest %s, wallet says %s', "entries", "newest", "entryCount")
    FROM "wallet_laws" WHERE "entries" <> "newest" OR "newest" <> "entryCount"
    UNION ALL
    SELECT 'an entry continues the one before it', "tenantId", "memberId",
      format('entry %s: %s + %s is not %s', "sequence", "balanceBefore", "points", "balanceAfterPoints")
    FROM "steps" WHERE "balanceBefore" + "points" <> "balanceAfterPoints"
    UNION ALL
    SELECT 'no balance is below zero', "tenantId", "memberId", format('balance %s', "balancePoints")
    FROM "wallets" WHERE "balancePoints" < 0
    UNION ALL
    SELECT 'every member has a wallet', m."tenantId", m."id", 'no wallet'
    FROM "members" m WHERE NOT EXISTS (
      SELECT 1 FROM "wallets" w WHERE w."tenantId" = m."tenantId" AND w."memberId" = m."id")
    LIMIT 1000`;
}
