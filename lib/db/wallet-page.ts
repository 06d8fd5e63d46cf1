/** What the wallet page shows besides the balances, in one round trip that history does not slow down. */
import { type BenefitRow, benefitsOf } from "#lib/db/benefits.ts";
import { askForJson, Prisma } from "#lib/db/client.ts";

export type WalletPageRow = {
  benefits: BenefitRow[];
  /** The days on which points expire next. */
  expiries: { points: number; expiresAt: string }[];
  /** The months in which they do, each by its first day. */
  expiringMonths: { startsOn: string; points: number; lotCount: number }[];
  /** What unlocks next. */
  pending: { id: string; points: number; unlocksAt: string; ruleName: string }[];
};

export async function readWalletPageRow(query: {
  tenantId: string;
  memberId: string;
  benefitsMax: number;
  expiriesMax: number;
  /** Of what expires, the next so many lots are looked at. */
  lotsMax: number;
  pendingMax: number;
}): Promise<WalletPageRow> {
  const { tenantId, memberId, benefitsMax, expiriesMax, lotsMax, pendingMax } = query;
  const row = await askForJson<WalletPageRow>(Prisma.sql`
    WITH "lots" AS MATERIALIZED (
      SELECT l."remainingPoints", l."expiresAt" FROM "point_lots" l
      WHERE l."tenantId" = ${tenantId}::uuid AND l."memberId" = ${memberId}::uuid AND l."remainingPoints" > 0
        AND l."expiresAt" IS NOT NULL
      ORDER BY l."expiresAt", l."earnedAt", l."id" LIMIT ${lotsMax}
    )
    SELECT jsonb_build_object(
      'benefits', COALESCE((SELECT jsonb_agg(b."benefit" ORDER BY (b."benefit"->>'createdAt')::timestamptz DESC, b."benefit"->>'id' DESC)
        FROM (${benefitsOf(tenantId, memberId, benefitsMax)}) b), '[]'),
      'expiries', COALESCE((SELECT jsonb_agg(d ORDER BY d."expiresAt") FROM (
        SELECT sum(l."remainingPoints")::bigint AS "points", min(l."expiresAt") AS "expiresAt" FROM "lots" l
        GROUP BY (l."expiresAt" AT TIME ZONE 'UTC')::date ORDER BY 2 LIMIT ${expiriesMax}) d), '[]'),
      'expiringMonths', COALESCE((SELECT jsonb_agg(m ORDER BY m."startsOn") FROM (
        SELECT date_trunc('month', l."expiresAt" AT TIME ZONE 'UTC')::date AS "startsOn",
          sum(l."remainingPoints")::bigint AS "points", count(*)::int AS "lotCount" FROM "lots" l
        GROUP BY 1) m), '[]'),
      'pending', COALESCE((SELECT jsonb_agg(n ORDER BY n."unlocksAt") FROM (
        SELECT p."id", p."points", p."unlocksAt", r."name" AS "ruleName" FROM "pending_points" p
        JOIN "rules" r ON r."tenantId" = p."tenantId" AND r."id" = p."ruleId"
        WHERE p."tenantId" = ${tenantId}::uuid AND p."memberId" = ${memberId}::uuid AND p."settledAt" IS NULL
        ORDER BY p."unlocksAt", p."id" LIMIT ${pendingMax}) n), '[]'))`);
  return row as WalletPageRow;
}
