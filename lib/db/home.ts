/** What the home page shows, in one round trip: it is the page that is opened most. */
import { db } from "#lib/db/client.ts";
import { entryColumns, type LedgerEntryRow } from "#lib/db/ledger.ts";
import { type ShelfRow, shelfOf } from "#lib/db/rewards.ts";

export type HomeRow = { rewards: ShelfRow[]; entries: LedgerEntryRow[] };

/** The dearest rewards that `balancePoints` pays for and the cheapest that it does not, of those that this member may have now, and the newest entries. */
export async function readHomeRow(query: {
  tenantId: string;
  memberId: string;
  balancePoints: number;
  tierPoints: number;
  rewardsPerSide: number;
  entriesMax: number;
  at: Date;
}): Promise<HomeRow> {
  const { tenantId, memberId, balancePoints, tierPoints, rewardsPerSide, entriesMax, at } = query;
  const rows = await db().$queryRaw<HomeRow[]>`
    WITH "shelf" AS (
      SELECT * FROM (${shelfOf({ tenantId, memberId, at })}) s
      WHERE COALESCE(s."stockRemaining", 1) > 0 AND COALESCE(s."tierPointsRequirement", 0) <= ${tierPoints}::bigint
        AND COALESCE(s."perMemberLimit", 1) > s."hadCount" AND COALESCE(s."availableFrom", ${at}) <= ${at}
    ),
    "near" AS (
      (SELECT * FROM "shelf" WHERE "pricePoints" <= ${balancePoints}::bigint
        ORDER BY "pricePoints" DESC, "name" LIMIT ${rewardsPerSide})
      UNION ALL
      (SELECT * FROM "shelf" WHERE "pricePoints" > ${balancePoints}::bigint
        ORDER BY "pricePoints", "name" LIMIT ${rewardsPerSide})
    ),
    "newest" AS (
      SELECT ${entryColumns}
      FROM "ledger_entries" e
      WHERE e."tenantId" = ${tenantId}::uuid AND e."memberId" = ${memberId}::uuid
      ORDER BY e."sequence" DESC LIMIT ${entriesMax}
    )
    SELECT COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."pricePoints") FROM "near" n), '[]') AS "rewards",
      COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."sequence" DESC) FROM "newest" n), '[]') AS "entries"`;
  return rows[0] as HomeRow;
}
