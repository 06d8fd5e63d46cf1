/** What the home page shows, in one round trip: it is the page that is opened most. */
import { db } from "#lib/db/client.ts";
import type { LedgerEntryRow } from "#lib/db/ledger.ts";
import { type RewardRow, shelfOf } from "#lib/db/rewards.ts";

export type HomeRow = { rewards: RewardRow[]; entries: LedgerEntryRow[] };

/** The dearest rewards in stock that `balancePoints` pays for and the cheapest that it does not, and the newest entries. */
export async function readHomeRow(query: {
  tenantId: string;
  memberId: string;
  balancePoints: number;
  rewardsPerSide: number;
  entriesMax: number;
  at: Date;
}): Promise<HomeRow> {
  const { tenantId, memberId, balancePoints, rewardsPerSide, entriesMax, at } = query;
  const rows = await db().$queryRaw<HomeRow[]>`
    WITH "shelf" AS (
      SELECT * FROM (${shelfOf(tenantId, at)}) s WHERE s."stockRemaining" IS NULL OR s."stockRemaining" > 0
    ),
    "near" AS (
      (SELECT * FROM "shelf" WHERE "pricePoints" <= ${balancePoints}::bigint
        ORDER BY "pricePoints" DESC, "name" LIMIT ${rewardsPerSide})
      UNION ALL
      (SELECT * FROM "shelf" WHERE "pricePoints" > ${balancePoints}::bigint
        ORDER BY "pricePoints", "name" LIMIT ${rewardsPerSide})
    ),
    "newest" AS (
      SELECT e."id", e."sequence", e."kind", e."points", e."balanceAfterPoints", e."description", e."occurredAt"
      FROM "ledger_entries" e
      WHERE e."tenantId" = ${tenantId}::uuid AND e."memberId" = ${memberId}::uuid
      ORDER BY e."sequence" DESC LIMIT ${entriesMax}
    )
    SELECT COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."pricePoints") FROM "near" n), '[]') AS "rewards",
      COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."sequence" DESC) FROM "newest" n), '[]') AS "entries"`;
  return rows[0] as HomeRow;
}
