import { db, Prisma } from "#lib/db/client.ts";
import { type TouchOlderThan, touch } from "#lib/db/sessions.ts";

export type RewardRow = {
  id: string;
  type: string;
  name: string;
  summary: string;
  description: string;
  terms: string;
  pictureUrl: string | null;
  categoryId: string | null;
  categoryName: string | null;
  tierId: string | null;
  tierName: string | null;
  tierPointsRequirement: bigint | number | null;
  pricePoints: bigint | number;
  stockRemaining: number | null;
  perMemberLimit: number | null;
  availableFrom: Date | string | null;
  availableUntil: Date | string | null;
};

/** The rewards of `tenantId` that are not archived and have not ended by `at`. */
export function shelfOf(tenantId: string, at: Date): Prisma.Sql {
  return Prisma.sql`
    SELECT r."id", r."type", r."name", r."summary", r."description", r."terms", r."pictureUrl", r."pricePoints",
      r."stockTotal" - r."issuedCount" AS "stockRemaining", r."perMemberLimit", r."availableFrom", r."availableUntil",
      c."id" AS "categoryId", c."name" AS "categoryName", t."id" AS "tierId", t."name" AS "tierName",
      t."pointsRequirement" AS "tierPointsRequirement"
    FROM "rewards" r
    LEFT JOIN "reward_categories" c ON c."tenantId" = r."tenantId" AND c."id" = r."categoryId"
    LEFT JOIN "tiers" t ON t."tenantId" = r."tenantId" AND t."id" = r."tierId"
    WHERE r."tenantId" = ${tenantId}::uuid AND r."archivedAt" IS NULL
      AND (r."availableUntil" IS NULL OR r."availableUntil" > ${at})`;
}

/** Cheapest first. */
export function listShelfRows(tenantId: string, at: Date): Promise<RewardRow[]> {
  return db().$queryRaw<RewardRow[]>`${shelfOf(tenantId, at)} ORDER BY r."pricePoints", r."name"`;
}

/** One reward; where it is there, looking at it is written as an activity of the session, in the same round trip. */
export async function visitShelfRow(query: {
  tenantId: string;
  rewardId: string;
  at: Date;
  sessionId: string | null;
  touchOlderThan: TouchOlderThan;
}): Promise<RewardRow | null> {
  const { tenantId, rewardId, at, sessionId, touchOlderThan } = query;
  const visitor = Prisma.sql`(SELECT ${sessionId}::uuid FROM "found")`;
  const rows = await db().$queryRaw<RewardRow[]>`
    WITH "found" AS (${shelfOf(tenantId, at)} AND r."id" = ${rewardId}::uuid),
    "touched" AS (${touch(tenantId, visitor, at, touchOlderThan)})
    SELECT * FROM "found"`;
  return rows[0] ?? null;
}
