import { type BenefitRow, usableBenefitsOf } from "#lib/db/benefits.ts";
import { askForJson, db, Prisma, type Tx } from "#lib/db/client.ts";

export type WalletColumns = {
  balancePoints: bigint | number;
  lifetimePoints: bigint | number;
  spentPoints: bigint | number;
  expiredPoints: bigint | number;
  pendingPoints: bigint | number;
  tierPoints: bigint | number;
  nextExpiryAt: Date | string | null;
  nextExpiryPoints: bigint | number | null;
  nextUnlockAt: Date | string | null;
};

/** WalletColumns of a row of `wallets` called `w`, as they are at `at`; the cost is the same whatever the history. */
export function walletColumns(tierWindowDays: number | null, at: Date): Prisma.Sql {
  return Prisma.sql`w."balancePoints", w."lifetimePoints", w."spentPoints", w."expiredPoints", w."pendingPoints",
    w."nextExpiryAt", w."nextUnlockAt",
    ${
      tierWindowDays === null
        ? Prisma.sql`w."lifetimePoints"`
        : Prisma.sql`laurel_functions.tier_points(w."tenantId", w."memberId", w."lifetimePoints", ${at}::timestamptz)`
    } AS "tierPoints",
    CASE WHEN w."nextExpiryAt" IS NOT NULL THEN (
      SELECT sum(l."remainingPoints")::bigint FROM "point_lots" l
      WHERE l."tenantId" = w."tenantId" AND l."memberId" = w."memberId" AND l."remainingPoints" > 0
        AND l."expiresAt" = w."nextExpiryAt") END AS "nextExpiryPoints"`;
}

export async function readWalletRow(
  tenantId: string,
  memberId: string,
  tierWindowDays: number | null,
  at: Date,
  tx?: Tx,
): Promise<WalletColumns | null> {
  const rows = await (tx ?? db()).$queryRaw<WalletColumns[]>`
    SELECT ${walletColumns(tierWindowDays, at)} FROM "wallets" w
    WHERE w."tenantId" = ${tenantId}::uuid AND w."memberId" = ${memberId}::uuid`;
  return rows[0] ?? null;
}

export type FullWalletRow = WalletColumns & {
  memberId: string;
  isRestricted: boolean;
  vouchers: BenefitRow[];
};

/** The member by one of the two. */
export type WalletOwner = { memberId: string } | { authIdentifier: string };

/**
 * The wallet of one member with its owner and `more`, over the rows `m` and `w`. Each step is told to find one row, as a
 * plan that is made while a programme is small would read all of its members later.
 */
export function selectWallet(
  query: { tenantId: string; owner: WalletOwner; tierWindowDays: number | null; at: Date },
  more: Prisma.Sql,
): Prisma.Sql {
  const { tenantId, owner, tierWindowDays, at } = query;
  const isOwner =
    "memberId" in owner
      ? Prisma.sql`r."id" = ${owner.memberId}::uuid`
      : Prisma.sql`r."authIdentifier" = ${owner.authIdentifier}`;
  return Prisma.sql`
    SELECT m."id" AS "memberId", m."isRestricted", ${walletColumns(tierWindowDays, at)}, ${more}
    FROM (SELECT r."id", r."isRestricted" FROM "members" r
      WHERE r."tenantId" = ${tenantId}::uuid AND ${isOwner} AND r."deletedAt" IS NULL LIMIT 1) m
    CROSS JOIN LATERAL (SELECT * FROM "wallets" l
      WHERE l."tenantId" = ${tenantId}::uuid AND l."memberId" = m."id" LIMIT 1) w`;
}

export type CountedWalletRow = WalletColumns & { memberId: string; entryCount: number };

/** A wallet with how many entries it has, which costs nothing to know; null where there is no such member. */
export async function readCountedWalletRow(query: {
  tenantId: string;
  owner: WalletOwner;
  tierWindowDays: number | null;
  at: Date;
}): Promise<CountedWalletRow | null> {
  const rows = await db().$queryRaw<CountedWalletRow[]>`${selectWallet(query, Prisma.sql`w."entryCount"`)}`;
  return rows[0] ?? null;
}

/** A wallet with the newest benefits that can still be used, as plain JSON; null where there is no such member. */
export async function readFullWalletRow(
  query: {
    tenantId: string;
    owner: WalletOwner;
    tierWindowDays: number | null;
    vouchersMax: number;
    at: Date;
  },
  tx?: Tx,
): Promise<FullWalletRow | null> {
  const { tenantId, vouchersMax, at } = query;
  const usable = usableBenefitsOf(Prisma.sql`w."memberId"`, { tenantId, at, limit: vouchersMax });
  const vouchers = Prisma.sql`
    COALESCE((SELECT jsonb_agg(u."benefit") FROM (${usable}) u), '[]') AS "vouchers"`;
  const statement = Prisma.sql`SELECT to_jsonb(a) AS "answer" FROM (${selectWallet(query, vouchers)}) a`;
  if (!tx) return askForJson(statement);
  const rows = await tx.$queryRaw<{ answer: FullWalletRow }[]>(statement);
  return rows[0]?.answer ?? null;
}

export type ExpiryMonthRow = { month: string; points: number };

/** How many of a member's points expire in which month (YYYY-MM, UTC), the next one first. */
export function listExpiryMonths(tenantId: string, memberId: string): Promise<ExpiryMonthRow[]> {
  return db().$queryRaw<ExpiryMonthRow[]>`
    SELECT to_char(l."expiresAt" AT TIME ZONE 'UTC', 'YYYY-MM') AS "month", sum(l."remainingPoints")::float8 AS "points"
    FROM "point_lots" l
    WHERE l."tenantId" = ${tenantId}::uuid AND l."memberId" = ${memberId}::uuid AND l."remainingPoints" > 0
      AND l."expiresAt" IS NOT NULL
    GROUP BY 1 ORDER BY 1`;
}

/** Holds the wallet until the transaction ends; null, or why nothing may move in it: see the function. */
export async function openWallet(
  tx: Tx,
  query: { tenantId: string; memberId: string; at: Date; onlyUnrestricted: boolean },
): Promise<string | null> {
  const { tenantId, memberId, at, onlyUnrestricted } = query;
  const rows = await tx.$queryRaw<{ problem: string | null }[]>`
    SELECT laurel_functions.open_wallet(
      ${tenantId}::uuid, ${memberId}::uuid, ${at}::timestamptz, ${onlyUnrestricted}) AS "problem"`;
  return rows[0]?.problem ?? null;
}

export type ExpiryEventRow = { id: string; payload: { points: number }; occurredAt: string };

/** Unlocks and expires what is due by `at`; the POINTS_EXPIRED events that came of it. */
export async function settleWalletRow(
  tx: Tx,
  tenantId: string,
  memberId: string,
  at: Date,
): Promise<ExpiryEventRow[]> {
  const rows = await tx.$queryRaw<{ events: ExpiryEventRow[] }[]>`
    SELECT laurel_functions.settle_wallet(${tenantId}::uuid, ${memberId}::uuid, ${at}::timestamptz) AS "events"`;
  return rows[0]?.events ?? [];
}

// Any fixed number: the process that sweeps holds this advisory lock, for as long as each of its transactions.
const sweepLockId = 7_215_003;

/** False where another process is sweeping. */
export async function tryLockSweep(tx: Tx): Promise<boolean> {
  const rows = await tx.$queryRaw<{ isLocked: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(${sweepLockId}::bigint) AS "isLocked"`;
  return rows[0]?.isLocked ?? false;
}

/** Wallets in which something fell due by `at`, the longest due first. */
export function listDueWallets(
  at: Date,
  walletsMax: number,
): Promise<{ tenantId: string; memberId: string }[]> {
  return db().$queryRaw<{ tenantId: string; memberId: string }[]>`
    SELECT "tenantId", "memberId" FROM (
      (SELECT "tenantId", "memberId", "nextExpiryAt" AS "dueAt" FROM "wallets"
        WHERE "nextExpiryAt" <= ${at} ORDER BY "nextExpiryAt" LIMIT ${walletsMax})
      UNION
      (SELECT "tenantId", "memberId", "nextUnlockAt" FROM "wallets"
        WHERE "nextUnlockAt" <= ${at} ORDER BY "nextUnlockAt" LIMIT ${walletsMax})) due
    GROUP BY "tenantId", "memberId" ORDER BY min("dueAt") LIMIT ${walletsMax}`;
}
