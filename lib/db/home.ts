/** What the home page shows, in one round trip: it is the page that is opened most. */
import { askForJson, Prisma } from "#lib/db/client.ts";
import { entryColumns, type LedgerEntryRow } from "#lib/db/ledger.ts";
import { type ShelfRow, shelfOf } from "#lib/db/rewards.ts";

export type HomeRow = {
  rewards: ShelfRow[];
  entries: LedgerEntryRow[];
  /** Null where there are none, or nobody asked. */
  expiringPoints: number | null;
};

// Of what expires on one day; who has more was paid by the minute.
const lotsMax = 1000;

/** The dearest rewards that `balancePoints` pays for and the cheapest that it does not, of those that this member may have now, the newest entries, and the points that expire before `expiresBefore`. */
export async function readHomeRow(query: {
  tenantId: string;
  memberId: string;
  balancePoints: number;
  tierPoints: number;
  rewardsPerSide: number;
  entriesMax: number;
  expiresBefore: Date | null;
  at: Date;
}): Promise<HomeRow> {
  const { tenantId, memberId, balancePoints, tierPoints, rewardsPerSide, entriesMax, expiresBefore, at } =
    query;
  const row = await askForJson<HomeRow>(Prisma.sql`
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
    SELECT jsonb_build_object(
      'rewards', COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."pricePoints") FROM "near" n), '[]'),
      'entries', COALESCE((SELECT jsonb_agg(to_jsonb(n) ORDER BY n."sequence" DESC) FROM "newest" n), '[]'),
      'expiringPoints', (SELECT sum(l."remainingPoints")::bigint FROM (
        SELECT l."remainingPoints" FROM "point_lots" l
        WHERE l."tenantId" = ${tenantId}::uuid AND l."memberId" = ${memberId}::uuid AND l."remainingPoints" > 0
          AND l."expiresAt" < ${expiresBefore}::timestamptz
        ORDER BY l."expiresAt" LIMIT ${lotsMax}) l))`);
  return row as HomeRow;
}
