import { askForJson, db, Prisma, type Tx } from "#lib/db/client.ts";
import type { CommandAnswer, KeyRow } from "#lib/db/idempotency-keys.ts";
import { type MemberRow, memberColumns } from "#lib/db/members.ts";
import { type NumberedRows, orderOf, readNumberedRows } from "#lib/db/numbered-page.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import type { RewardRow } from "#lib/db/rewards.ts";
import { type CandidateRow, type RuleRow, rulesFor } from "#lib/db/rules.ts";
import { type PresentedRow, sessionCaller, type TouchOlderThan, touch } from "#lib/db/sessions.ts";

/** A benefit as JSON, without its buyer's comment; moments are ISO texts. */
export type BenefitRow = {
  id: string;
  memberId: string;
  rewardId: string;
  eventId: string;
  entryId: string | null;
  pricePoints: number;
  code: string | null;
  createdAt: string;
  expiresAt: string | null;
  redeemedAt: string | null;
  validatedAt: string | null;
  burnedAt: string | null;
  cancelledAt: string | null;
  reward: RewardRow;
};

/** Who buys: a member who is known already, or the one behind session credentials. */
export type BuyerKey =
  | { memberId: string }
  | { authIdentifier: string }
  | { presented: readonly PresentedRow[]; sharedRank: number };

export type PurchaseContext = {
  member: MemberRow;
  /** Where the buyer came with a session. */
  sessionId: string | null;
  reward: RewardRow | null;
  rules: RuleRow[];
};

/** What has to be known before a purchase can be judged; null where there is no such buyer. */
export async function readPurchaseContext(
  tenantId: string,
  buyer: BuyerKey,
  rewardId: string,
  at: Date,
): Promise<PurchaseContext | null> {
  return askForJson(Prisma.sql`
    WITH ${buyerOf(tenantId, buyer, at)}
    SELECT jsonb_build_object('member', (SELECT to_jsonb(f) FROM (SELECT ${memberColumns}) f), 'sessionId', c."sessionId",
      'reward', (SELECT to_jsonb(r) FROM laurel_functions.reward_rows(${tenantId}::uuid) r WHERE r."id" = ${rewardId}::uuid),
      'rules', ${rulesFor(tenantId, "PURCHASED_REWARD")})
    FROM "caller" c CROSS JOIN LATERAL (SELECT * FROM "members" r
      WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."memberId" AND r."deletedAt" IS NULL LIMIT 1) m`);
}

function buyerOf(tenantId: string, buyer: BuyerKey, at: Date): Prisma.Sql {
  if ("presented" in buyer) return sessionCaller(tenantId, buyer.presented, buyer.sharedRank, at);
  const named =
    "memberId" in buyer
      ? Prisma.sql`m."id" = ${buyer.memberId}::uuid`
      : Prisma.sql`m."authIdentifier" = ${buyer.authIdentifier}`;
  return Prisma.sql`"caller" AS (
    SELECT m."id" AS "memberId", NULL::uuid AS "sessionId" FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND ${named})`;
}

export type PurchaseRow = { benefit: BenefitRow; balancePoints: number };

/**
 * The purchase and all that comes of it, in one statement: see the function. Where it succeeds it is an activity of
 * `sessionId`.
 */
export async function purchaseRewardRow(purchase: {
  tenantId: string;
  memberId: string;
  sessionId: string | null;
  touchOlderThan: TouchOlderThan;
  rewardId: string;
  /** What the buyer was told; the function refuses with `changed` if it is another one by now. */
  pricePoints: number;
  codes: readonly string[];
  comment: string | null;
  benefitId: string;
  eventId: string;
  eventPayload: object;
  candidates: readonly CandidateRow[];
  key: KeyRow | null;
  at: Date;
}): Promise<CommandAnswer<PurchaseRow>> {
  const { sessionId, touchOlderThan, ...input } = purchase;
  const command = Prisma.sql`laurel_functions.purchase_reward(${JSON.stringify(input)}::jsonb)`;
  const visitor = Prisma.sql`(SELECT ${sessionId}::uuid FROM "command" WHERE "answer"->>'outcome' <> 'refused')`;
  const statement =
    sessionId === null
      ? Prisma.sql`SELECT ${command} AS "answer"`
      : Prisma.sql`
        WITH "command" AS MATERIALIZED (SELECT ${command} AS "answer"),
        "touched" AS (${touch(purchase.tenantId, visitor, purchase.at, touchOlderThan)})
        SELECT "answer" FROM "command"`;
  const answer = await retryingConflicts(() => askForJson<CommandAnswer<PurchaseRow>>(statement));
  return answer as CommandAnswer<PurchaseRow>; // which it always gives
}

/** One benefit; null if there is none. */
export async function findBenefitRow(
  tx: Tx,
  tenantId: string,
  benefitId: string,
): Promise<BenefitRow | null> {
  const rows = await tx.$queryRaw<{ benefit: BenefitRow | null }[]>`
    SELECT laurel_functions.benefit(${tenantId}::uuid, ${benefitId}::uuid) AS "benefit"`;
  return rows[0]?.benefit ?? null;
}

/** One benefit of a member; where it is there, looking at it is an activity of the session, in the same round trip. */
export async function visitBenefitRow(query: {
  tenantId: string;
  memberId: string;
  benefitId: string;
  at: Date;
  sessionId: string | null;
  touchOlderThan: TouchOlderThan;
}): Promise<BenefitRow | null> {
  const { tenantId, memberId, benefitId, at, sessionId, touchOlderThan } = query;
  const visitor = Prisma.sql`(SELECT ${sessionId}::uuid FROM "found")`;
  const rows = await db().$queryRaw<{ benefit: BenefitRow }[]>`
    WITH "found" AS (
      SELECT laurel_functions.benefit(b."tenantId", b."id") AS "benefit" FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."id" = ${benefitId}::uuid AND b."memberId" = ${memberId}::uuid
        AND b."cancelledAt" IS NULL),
    "touched" AS (${touch(tenantId, visitor, at, touchOlderThan)})
    SELECT * FROM "found"`;
  return rows[0]?.benefit ?? null;
}

/** The benefit that a code belongs to; codes of a pool and generated ones belong to one, a static one to many. */
export async function findBenefitIdByCode(tx: Tx, tenantId: string, code: string): Promise<string | null> {
  const found = await tx.rewardCode.findUnique({
    where: { tenantId_code: { tenantId, code } },
    select: { benefitId: true },
  });
  return found?.benefitId ?? null;
}

/** A member's benefits that were not cancelled, newest first. */
export function benefitsOf(tenantId: string, memberId: string, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT laurel_functions.benefit(b."tenantId", b."id") AS "benefit" FROM (
      SELECT b."tenantId", b."id" FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId}::uuid AND b."cancelledAt" IS NULL
      ORDER BY b."createdAt" DESC, b."id" DESC LIMIT ${limit}) b`;
}

/** The newest benefits of a member that were neither used at a till nor cancelled, and have not ended by `at`. */
export function usableBenefitsOf(
  memberId: Prisma.Sql,
  { tenantId, at, limit }: { tenantId: string; at: Date; limit: number },
): Prisma.Sql {
  return Prisma.sql`
    SELECT laurel_functions.benefit(b."tenantId", b."id") AS "benefit" FROM (
      SELECT b."tenantId", b."id" FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId} AND b."burnedAt" IS NULL
        AND b."cancelledAt" IS NULL AND (b."expiresAt" IS NULL OR b."expiresAt" > ${at})
      ORDER BY b."createdAt" DESC, b."id" DESC LIMIT ${limit}) b`;
}

export type BenefitPosition = { at: Date; id: string };

/** A page of a member's benefits, newest first; `redeemableAt`: only those whose code could be asked for then. */
export async function listBenefitRows(query: {
  tenantId: string;
  memberId: string;
  redeemableAt: Date | null;
  before: BenefitPosition | null;
  limit: number;
}): Promise<BenefitRow[]> {
  const { tenantId, memberId, redeemableAt, before, limit } = query;
  const conditions = [
    Prisma.sql`b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId}::uuid AND b."cancelledAt" IS NULL`,
    ...(redeemableAt
      ? [
          Prisma.sql`b."burnedAt" IS NULL AND b."redeemedAt" IS NULL
            AND (b."expiresAt" IS NULL OR b."expiresAt" > ${redeemableAt})`,
        ]
      : []),
    ...(before
      ? [Prisma.sql`(b."createdAt", b."id") < (${before.at}::timestamptz, ${before.id}::uuid)`]
      : []),
  ];
  const rows = await db().$queryRaw<{ benefit: BenefitRow }[]>`
    SELECT laurel_functions.benefit(b."tenantId", b."id") AS "benefit" FROM (
      SELECT b."tenantId", b."id" FROM "benefits" b WHERE ${Prisma.join(conditions, " AND ")}
      ORDER BY b."createdAt" DESC, b."id" DESC LIMIT ${limit}) b`;
  return rows.map(({ benefit }) => benefit);
}

/** The same by the page's number. */
export async function pageBenefitRows(
  { tenantId, memberId }: { tenantId: string; memberId: string },
  page: { offset: number; limit: number; orderBy: readonly { field: "createdAt"; isAscending: boolean }[] },
): Promise<NumberedRows<BenefitRow>> {
  const { orderBy, ...slice } = page;
  const { rows, total } = await readNumberedRows<{ benefit: BenefitRow }>({
    ...slice,
    row: "b",
    columns: Prisma.sql`laurel_functions.benefit(b."tenantId", b."id") AS "benefit"`,
    from: Prisma.sql`FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId}::uuid AND b."cancelledAt" IS NULL`,
    orderBy: orderOf(
      orderBy,
      { createdAt: Prisma.sql`b."createdAt"` },
      Prisma.sql`b."createdAt" DESC, b."id" DESC`,
    ),
  });
  return { rows: rows.map(({ benefit }) => benefit), total };
}

/** Shows the code. */
export async function markRedeemed(tx: Tx, tenantId: string, id: string, at: Date): Promise<void> {
  await tx.benefit.update({ where: { tenantId_id: { tenantId, id } }, data: { redeemedAt: at } });
}

/** The till has looked at it; `isBurned`: and used it up. What was seen or shown before stays as it was. */
export async function markValidated(
  tx: Tx,
  tenantId: string,
  id: string,
  isBurned: boolean,
  at: Date,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "benefits" SET "validatedAt" = COALESCE("validatedAt", ${at}),
      "redeemedAt" = CASE WHEN ${isBurned} THEN COALESCE("redeemedAt", ${at}) ELSE "redeemedAt" END,
      "burnedAt" = CASE WHEN ${isBurned} THEN ${at}::timestamptz END
    WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${id}::uuid`;
}

/**
 * Takes a benefit back: its place in the stock is free again, and a code of a pool that nobody has seen waits for its next
 * buyer. The caller holds the wallet.
 */
export async function cancelBenefitRow(tx: Tx, tenantId: string, id: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE "benefits" SET "cancelledAt" = ${at} WHERE "tenantId" = ${tenantId}::uuid AND "id" = ${id}::uuid`;
  await tx.$executeRaw`
    WITH "cancelled" AS (
      SELECT b."id", b."rewardId", COALESCE(b."redeemedAt", b."validatedAt") IS NULL AS "isUnseen" FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."id" = ${id}::uuid
    ),
    "reward" AS (
      UPDATE "rewards" r SET "issuedCount" = r."issuedCount" - 1,
        "codesLeft" = r."codesLeft" + CASE WHEN r."codeType" = 'POOL' AND c."isUnseen" AND EXISTS (
          SELECT 1 FROM "reward_codes" o WHERE o."tenantId" = r."tenantId" AND o."benefitId" = c."id" AND o."position" > 0)
          THEN 1 ELSE 0 END
      FROM "cancelled" c WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."rewardId"
      RETURNING r."codeType", c."id", c."isUnseen"
    )
    UPDATE "reward_codes" o SET "benefitId" = NULL FROM "reward" r
    WHERE o."tenantId" = ${tenantId}::uuid AND o."benefitId" = r."id" AND r."isUnseen" AND r."codeType" = 'POOL'
      AND o."position" > 0`;
}

export type SpendingLotRow = { points: number; expiresAt: string | null };

/** Which lots paid an entry, and when their points would have expired. */
export function listPayingLots(tx: Tx, tenantId: string, entryId: string): Promise<SpendingLotRow[]> {
  return tx.$queryRaw<SpendingLotRow[]>`
    SELECT s."points"::float8 AS "points", l."expiresAt" FROM "lot_spends" s
    JOIN "point_lots" l ON l."tenantId" = s."tenantId" AND l."id" = s."lotId"
    WHERE s."tenantId" = ${tenantId}::uuid AND s."entryId" = ${entryId}::uuid
    ORDER BY l."expiresAt", l."earnedAt", l."id"`;
}
