/** The laws of the ledger and of what is handed out, each as a query for the rows that break it. */
import { db, Prisma } from "#lib/db/client.ts";

/** `subject` says which row, such as `member 0199…`. */
export type BrokenLaw = { law: string; tenantId: string; subject: string; found: string };

const rowsMax = 1_000;
const checkMsMax = 3_600_000; // a large programme has millions of rows

// Each answers with tenantId, subject and found.
const laws: Record<string, Prisma.Sql> = {
  "every member has a wallet": Prisma.sql`
    SELECT m."tenantId", 'member ' || m."id" AS "subject", 'no wallet' AS "found" FROM "members" m
    WHERE NOT EXISTS (SELECT 1 FROM "wallets" w WHERE w."tenantId" = m."tenantId" AND w."memberId" = m."id")`,

  "no balance is below zero": Prisma.sql`
    SELECT "tenantId", 'member ' || "memberId" AS "subject", format('balance %s', "balancePoints") AS "found"
    FROM "wallets" WHERE LEAST("balancePoints", "pendingPoints", "lifetimePoints") < 0`,

  "a wallet's balance and totals are the sums of its entries": Prisma.sql`
    SELECT w."tenantId", 'member ' || w."memberId" AS "subject",
      format('balance %s of %s, lifetime %s of %s, spent %s of %s, expired %s of %s', w."balancePoints", s."points",
        w."lifetimePoints", s."lifetime", w."spentPoints", s."spent", w."expiredPoints", s."expired") AS "found"
    FROM "wallets" w CROSS JOIN LATERAL (
      SELECT COALESCE(sum(e."points"), 0) AS "points", COALESCE(sum(e."lifetimePoints"), 0) AS "lifetime",
        COALESCE(sum(e."spentPoints"), 0) AS "spent", COALESCE(sum(e."expiredPoints"), 0) AS "expired"
      FROM "ledger_entries" e WHERE e."tenantId" = w."tenantId" AND e."memberId" = w."memberId") s
    WHERE (w."balancePoints", w."lifetimePoints", w."spentPoints", w."expiredPoints")
      IS DISTINCT FROM (s."points", s."lifetime", s."spent", s."expired")`,

  "a wallet's entries are numbered from 1 without a gap": Prisma.sql`
    SELECT w."tenantId", 'member ' || w."memberId" AS "subject",
      format('%s entries, newest %s, wallet says %s', s."entries", s."newest", w."entryCount") AS "found"
    FROM "wallets" w CROSS JOIN LATERAL (
      SELECT count(*) AS "entries", COALESCE(max(e."sequence"), 0) AS "newest"
      FROM "ledger_entries" e WHERE e."tenantId" = w."tenantId" AND e."memberId" = w."memberId") s
    WHERE s."entries" <> s."newest" OR s."newest" <> w."entryCount"`,

  "an entry continues the one before it": Prisma.sql`
    SELECT "tenantId", 'member ' || "memberId" AS "subject",
      format('entry %s: %s + %s is not %s', "sequence", "before", "points", "balanceAfterPoints") AS "found"
    FROM (
      SELECT *, lag("balanceAfterPoints", 1, 0::bigint) OVER (
        PARTITION BY "tenantId", "memberId" ORDER BY "sequence") AS "before"
      FROM "ledger_entries") e
    WHERE "before" + "points" <> "balanceAfterPoints"`,

  "an entry counts as its kind says": Prisma.sql`
    SELECT "tenantId", 'entry ' || "id" AS "subject", format('%s of %s points', "kind", "points") AS "found"
    FROM "ledger_entries" WHERE NOT CASE "kind"
      WHEN 'OPENING' THEN "points" > 0 AND ("lifetimePoints", "spentPoints", "expiredPoints") = ("points", 0, 0)
      WHEN 'EARN' THEN "points" > 0 AND ("lifetimePoints", "spentPoints", "expiredPoints") = ("points", 0, 0)
      WHEN 'SPEND' THEN "points" < 0 AND ("lifetimePoints", "spentPoints", "expiredPoints") = (0, -"points", 0)
      WHEN 'REFUND' THEN "points" > 0 AND ("lifetimePoints", "spentPoints", "expiredPoints") = (0, -"points", 0)
      WHEN 'EXPIRY' THEN "points" < 0 AND ("lifetimePoints", "spentPoints", "expiredPoints") = (0, 0, -"points")
      WHEN 'REVERSAL' THEN "points" <= 0 AND "lifetimePoints" <= "points" AND ("spentPoints", "expiredPoints") = (0, 0)
      ELSE "expiredPoints" = 0 AND ("lifetimePoints", "spentPoints") IN ((0, 0), ("points", 0), (0, -"points")) END`,

  "the lots of a wallet hold its balance": Prisma.sql`
    SELECT w."tenantId", 'member ' || w."memberId" AS "subject",
      format('balance %s, lots %s', w."balancePoints", s."points") AS "found"
    FROM "wallets" w CROSS JOIN LATERAL (
      SELECT COALESCE(sum(l."remainingPoints"), 0) AS "points" FROM "point_lots" l
      WHERE l."tenantId" = w."tenantId" AND l."memberId" = w."memberId" AND l."remainingPoints" > 0) s
    WHERE w."balancePoints" <> s."points"`,

  "an entry is explained by its lots": Prisma.sql`
    SELECT e."tenantId", 'entry ' || e."id" AS "subject", format('%s points, lots %s', e."points", s."points") AS "found"
    FROM "ledger_entries" e CROSS JOIN LATERAL (
      SELECT COALESCE((SELECT sum(l."earnedPoints") FROM "point_lots" l
          WHERE l."tenantId" = e."tenantId" AND l."entryId" = e."id" AND l."memberId" = e."memberId"), 0)
        - COALESCE((SELECT sum(p."points") FROM "lot_spends" p
          JOIN "point_lots" l ON l."tenantId" = p."tenantId" AND l."id" = p."lotId" AND l."memberId" = e."memberId"
          WHERE p."tenantId" = e."tenantId" AND p."entryId" = e."id"), 0) AS "points") s
    WHERE e."points" <> s."points"`,

  "a lot gets smaller by what it pays": Prisma.sql`
    SELECT l."tenantId", 'lot ' || l."id" AS "subject",
      format('%s earned, %s left, %s paid', l."earnedPoints", l."remainingPoints", s."points") AS "found"
    FROM "point_lots" l CROSS JOIN LATERAL (
      SELECT COALESCE(sum(p."points"), 0) AS "points" FROM "lot_spends" p
      WHERE p."tenantId" = l."tenantId" AND p."lotId" = l."id") s
    WHERE l."earnedPoints" - s."points" <> l."remainingPoints" OR l."remainingPoints" < 0`,

  "a wallet knows what falls due, and what is on its way": Prisma.sql`
    SELECT w."tenantId", 'member ' || w."memberId" AS "subject",
      format('expiry %s of %s, unlock %s of %s, pending %s of %s', w."nextExpiryAt", s."expiresAt", w."nextUnlockAt",
        p."unlocksAt", w."pendingPoints", p."points") AS "found"
    FROM "wallets" w
    CROSS JOIN LATERAL (
      SELECT min(l."expiresAt") AS "expiresAt" FROM "point_lots" l
      WHERE l."tenantId" = w."tenantId" AND l."memberId" = w."memberId" AND l."remainingPoints" > 0) s
    CROSS JOIN LATERAL (
      SELECT min(o."unlocksAt") AS "unlocksAt", COALESCE(sum(o."points"), 0) AS "points" FROM "pending_points" o
      WHERE o."tenantId" = w."tenantId" AND o."memberId" = w."memberId" AND o."settledAt" IS NULL) p
    WHERE (w."nextExpiryAt", w."nextUnlockAt", w."pendingPoints")
      IS DISTINCT FROM (s."expiresAt", p."unlocksAt", p."points")`,

  "what a rule gave is in the ledger, on its way, or a benefit": Prisma.sql`
    SELECT a."tenantId", 'event ' || a."eventId" AS "subject", format('rule %s: %s points', a."ruleId", a."points") AS "found"
    FROM "rule_activations" a WHERE NOT CASE
      WHEN a."points" IS NULL THEN EXISTS (
        SELECT 1 FROM "benefits" b WHERE b."tenantId" = a."tenantId" AND b."id" = a."benefitId" AND b."memberId" = a."memberId")
      WHEN a."entryId" IS NOT NULL THEN EXISTS (
        SELECT 1 FROM "ledger_entries" e WHERE e."tenantId" = a."tenantId" AND e."id" = a."entryId"
          AND e."memberId" = a."memberId" AND e."kind" = 'EARN' AND e."points" = a."points"
          AND e."eventId" = a."eventId" AND e."ruleId" = a."ruleId")
      ELSE EXISTS (
        SELECT 1 FROM "pending_points" p WHERE p."tenantId" = a."tenantId" AND p."id" = a."pendingId"
          AND p."points" = a."points" AND p."entryId" IS NULL AND (p."settledAt" IS NOT NULL) = (a."reversedAt" IS NOT NULL))
      END`,

  "what was earned was given by a rule, once": Prisma.sql`
    SELECT e."tenantId", 'entry ' || e."id" AS "subject", format('%s points', e."points") AS "found"
    FROM "ledger_entries" e WHERE e."kind" = 'EARN' AND e."ruleId" IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM "rule_activations" a WHERE a."tenantId" = e."tenantId" AND a."eventId" = e."eventId"
        AND a."ruleId" = e."ruleId" AND a."entryId" = e."id")`,

  "a reversal takes what it says, once": Prisma.sql`
    SELECT e."tenantId", 'event ' || e."eventId" AS "subject",
      format('%s points in %s entries', sum(e."points"), count(*)) AS "found"
    FROM "ledger_entries" e LEFT JOIN "event_reversals" v ON v."tenantId" = e."tenantId" AND v."eventId" = e."eventId"
    WHERE e."kind" = 'REVERSAL'
    GROUP BY e."tenantId", e."eventId", v."takenPoints"
    HAVING count(*) > 1 OR v."takenPoints" IS NULL OR v."takenPoints" <> -sum(e."points")`,

  "a benefit is paid once, and paid back once if it is cancelled": Prisma.sql`
    SELECT b."tenantId", 'benefit ' || b."id" AS "subject",
      format('price %s, spent %s, refunded %s', b."pricePoints", s."spent", s."refunded") AS "found"
    FROM "benefits" b CROSS JOIN LATERAL (
      SELECT COALESCE(-sum(e."points") FILTER (WHERE e."kind" = 'SPEND'), 0) AS "spent",
        COALESCE(sum(e."points") FILTER (WHERE e."kind" = 'REFUND'), 0) AS "refunded"
      FROM "ledger_entries" e WHERE e."tenantId" = b."tenantId" AND e."memberId" = b."memberId"
        AND e."benefitId" = b."id") s
    WHERE s."spent" <> b."pricePoints"
      OR s."refunded" <> CASE WHEN b."cancelledAt" IS NULL THEN 0 ELSE b."pricePoints" END`,

  "spent points bought something": Prisma.sql`
    SELECT e."tenantId", 'entry ' || e."id" AS "subject", format('%s points', e."points") AS "found"
    FROM "ledger_entries" e WHERE e."kind" = 'SPEND' AND e."benefitId" IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM "benefits" b WHERE b."tenantId" = e."tenantId" AND b."id" = e."benefitId" AND b."entryId" = e."id")`,

  "a code is handed out once": Prisma.sql`
    SELECT b."tenantId", 'benefit ' || b."id" AS "subject", format('code of reward %s', b."rewardId") AS "found"
    FROM "benefits" b JOIN "rewards" r ON r."tenantId" = b."tenantId" AND r."id" = b."rewardId"
    LEFT JOIN "reward_codes" c ON c."tenantId" = b."tenantId" AND c."benefitId" = b."id"
    WHERE b."cancelledAt" IS NULL AND (
      (c."code" IS NOT NULL AND (c."code" <> b."code" OR c."rewardId" <> b."rewardId"))
      OR (c."code" IS NULL AND EXISTS (
        SELECT 1 FROM "reward_codes" o WHERE o."tenantId" = b."tenantId" AND o."code" = b."code")))`,

  "a reward's stock is what was not handed out": Prisma.sql`
    SELECT r."tenantId", 'reward ' || r."id" AS "subject",
      format('issued %s of %s, codes left %s of %s', r."issuedCount", s."issued", r."codesLeft", s."codes") AS "found"
    FROM "rewards" r CROSS JOIN LATERAL (
      SELECT (SELECT count(*) FROM "benefits" b
          WHERE b."tenantId" = r."tenantId" AND b."rewardId" = r."id" AND b."cancelledAt" IS NULL) AS "issued",
        (SELECT count(*) FROM "reward_codes" c
          WHERE c."tenantId" = r."tenantId" AND c."rewardId" = r."id" AND c."benefitId" IS NULL) AS "codes") s
    WHERE r."issuedCount" <> s."issued" OR r."codesLeft" <> s."codes" OR r."issuedCount" > r."stockTotal"`,

  "a rule gives no more than its budget": Prisma.sql`
    SELECT r."tenantId", 'rule ' || r."id" AS "subject",
      format('used %s, given %s', r."budgetUsedPoints", s."given") AS "found"
    FROM "rules" r CROSS JOIN LATERAL (
      SELECT COALESCE(sum(a."points"), 0) AS "given" FROM "rule_activations" a
      WHERE a."tenantId" = r."tenantId" AND a."ruleId" = r."id" AND a."reversedAt" IS NULL) s
    WHERE (r."limits"->>'budgetPoints')::bigint < s."given"
      OR (r."limits"->>'budgetPoints' IS NOT NULL AND r."budgetUsedPoints" <> s."given")`,

  "what is on its way was given by a rule": Prisma.sql`
    SELECT p."tenantId", 'pending ' || p."id" AS "subject", format('%s points', p."points") AS "found"
    FROM "pending_points" p WHERE NOT EXISTS (
      SELECT 1 FROM "rule_activations" a WHERE a."tenantId" = p."tenantId" AND a."eventId" = p."eventId"
        AND a."ruleId" = p."ruleId" AND a."pendingId" = p."id")`,
};

/** One statement, so that everything is seen at one moment; at most 1,000 rows. */
export async function findBrokenLaws(): Promise<BrokenLaw[]> {
  const queries = Object.entries(laws).map(
    ([law, query]) =>
      Prisma.sql`SELECT ${law} AS "law", "tenantId"::text, "subject", "found" FROM (${query}) broken`,
  );
  return db().$transaction(
    async (tx) => {
      await tx.$executeRaw`SET LOCAL enable_seqscan = on`; // what looks at everything does best to read it as it lies
      return tx.$queryRaw<BrokenLaw[]>`${Prisma.join(queries, " UNION ALL ")} LIMIT ${rowsMax}`;
    },
    { timeout: checkMsMax, maxWait: checkMsMax },
  );
}
