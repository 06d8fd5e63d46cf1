import { askForJson, db, Prisma } from "#lib/db/client.ts";
import { type TouchOlderThan, touch } from "#lib/db/sessions.ts";
import { selectWallet, type WalletColumns, type WalletOwner } from "#lib/db/wallets.ts";

export type RewardRow = {
  id: string;
  externalId: string | null;
  type: string;
  name: string;
  summary: string;
  description: string;
  terms: string;
  pictureUrl: string | null;
  value: Prisma.Decimal | number | null;
  codeType: string;
  codePattern: string | null;
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

/** A reward, and how many of it one member has had, where that is limited. */
export type ShelfRow = RewardRow & { hadCount: number };

/** Whose shelf, if it is anybody's, and when. */
type Shelf = { tenantId: string; memberId: string | null; at: Date };

/** The rewards of a tenant that are not archived and have not ended by `at`. */
export function shelfOf({ tenantId, memberId, at }: Shelf): Prisma.Sql {
  return shelfFor(tenantId, memberId === null ? null : Prisma.sql`${memberId}::uuid`, at);
}

function shelfFor(tenantId: string, memberId: Prisma.Sql | null, at: Date): Prisma.Sql {
  const had =
    memberId === null
      ? Prisma.sql`0`
      : Prisma.sql`CASE WHEN r."perMemberLimit" IS NULL THEN 0 ELSE (
          SELECT count(*)::int FROM "benefits" b
          WHERE b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId} AND b."rewardId" = r."id"
            AND b."cancelledAt" IS NULL) END`;
  return Prisma.sql`
    SELECT r.*, ${had} AS "hadCount"
    FROM laurel_functions.reward_rows(${tenantId}::uuid) r
    WHERE r."archivedAt" IS NULL AND (r."availableUntil" IS NULL OR r."availableUntil" > ${at})`;
}

type ShelfPage = { categoryId: string | null; beforeId: string | null; limit: number };

/** A page of a shelf as one JSON array, newest first: what stands before the reward `beforeId`, of one category if named. */
function pageOfShelf(shelf: Prisma.Sql, { categoryId, beforeId, limit }: ShelfPage): Prisma.Sql {
  const ofCategory =
    categoryId === null ? Prisma.empty : Prisma.sql`AND r."categoryId" = ${categoryId}::uuid`;
  const isBefore = beforeId === null ? Prisma.empty : Prisma.sql`AND r."id" < ${beforeId}::uuid`;
  return Prisma.sql`(SELECT COALESCE(jsonb_agg(to_jsonb(s) ORDER BY s."id" DESC), '[]')
    FROM (${shelf} ${ofCategory} ${isBefore} ORDER BY r."id" DESC LIMIT ${limit}) s)`;
}

export async function listShelfPage(tenantId: string, page: ShelfPage, at: Date): Promise<ShelfRow[]> {
  const rewards = pageOfShelf(shelfFor(tenantId, null, at), page);
  return (await askForJson<ShelfRow[]>(Prisma.sql`SELECT ${rewards}`)) ?? [];
}

export type ShopperRow = WalletColumns & { memberId: string; isRestricted: boolean; rewards: ShelfRow[] };

/** The same as it stands for a member, with that member's wallet; null where there is no such member. */
export async function readShopperPage(
  query: { tenantId: string; owner: WalletOwner; tierWindowDays: number | null; at: Date },
  page: ShelfPage,
): Promise<ShopperRow | null> {
  const { tenantId, at } = query;
  const rewards = pageOfShelf(shelfFor(tenantId, Prisma.sql`w."memberId"`, at), page);
  const rows = await db().$queryRaw<
    ShopperRow[]
  >`${selectWallet(query, Prisma.sql`${rewards} AS "rewards"`)}`;
  return rows[0] ?? null;
}

export type RewardCategoryRow = { id: string; name: string };

/** A page of the categories, newest first. */
export function listCategoryRows(
  tenantId: string,
  { beforeId, limit }: { beforeId: string | null; limit: number },
): Promise<RewardCategoryRow[]> {
  const isBefore = beforeId === null ? {} : { id: { lt: beforeId } };
  return db().rewardCategory.findMany({
    where: { tenantId, ...isBefore },
    select: { id: true, name: true },
    orderBy: { id: "desc" },
    take: limit,
  });
}

export async function isRewardCategory(tenantId: string, id: string): Promise<boolean> {
  return (await db().rewardCategory.count({ where: { tenantId, id } })) > 0;
}

/** Cheapest first. */
export async function listShelfRows(shelf: Shelf): Promise<ShelfRow[]> {
  const rewards = await askForJson<ShelfRow[]>(Prisma.sql`
    SELECT jsonb_agg(to_jsonb(s) ORDER BY s."pricePoints", s."name") FROM (${shelfOf(shelf)}) s`);
  return rewards ?? [];
}

/** One reward; where it is there, looking at it is written as an activity of the session, in the same round trip. */
export async function visitShelfRow(
  query: Shelf & { rewardId: string; sessionId: string | null; touchOlderThan: TouchOlderThan },
): Promise<ShelfRow | null> {
  const { tenantId, rewardId, at, sessionId, touchOlderThan } = query;
  const visitor = Prisma.sql`(SELECT ${sessionId}::uuid FROM "found")`;
  const rows = await db().$queryRaw<ShelfRow[]>`
    WITH "found" AS (${shelfOf(query)} AND r."id" = ${rewardId}::uuid),
    "touched" AS (${touch(tenantId, visitor, at, touchOlderThan)})
    SELECT * FROM "found"`;
  return rows[0] ?? null;
}

/**
 * Why a member cannot have one more of a reward, after `promisedCount` that it is about to have: `reward_limit_reached` or
 * `reward_out_of_stock`; null where it can.
 */
export async function findProblemWithHandingOut(
  tenantId: string,
  rewardId: string,
  memberId: string,
  promisedCount: number,
): Promise<string | null> {
  const rows = await db().$queryRaw<{ problem: string | null }[]>`
    SELECT laurel_functions.problem_with_handing_out(jsonb_populate_record(r, jsonb_build_object(
      'issuedCount', r."issuedCount" + ${promisedCount}::int,
      'codesLeft', GREATEST(0, r."codesLeft" - ${promisedCount}::int),
      'perMemberLimit', r."perMemberLimit" - ${promisedCount}::int)), ${memberId}::uuid) AS "problem"
    FROM "rewards" r
    WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = ${rewardId}::uuid`;
  return rows[0]?.problem ?? null;
}
