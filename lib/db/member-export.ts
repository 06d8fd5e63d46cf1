/** What is read of a member only to hand all of it out: page by page, the newest first, each page by its index. */
import type { BenefitPosition, BenefitRow } from "#lib/db/benefits.ts";
import { db, Prisma } from "#lib/db/client.ts";

export type KeptBenefitRow = { benefit: BenefitRow; comment: string | null };

/** A member's benefits, also those that were cancelled. */
export function listKeptBenefits(
  tenantId: string,
  memberId: string,
  page: { before: BenefitPosition | null; limit: number },
): Promise<KeptBenefitRow[]> {
  const { before, limit } = page;
  const isBefore = before
    ? Prisma.sql`AND (b."createdAt", b."id") < (${before.at}::timestamptz, ${before.id}::uuid)`
    : Prisma.empty;
  return db().$queryRaw<KeptBenefitRow[]>`
    SELECT laurel_functions.benefit(b."tenantId", b."id") AS "benefit", b."comment" FROM (
      SELECT b."tenantId", b."id", b."comment" FROM "benefits" b
      WHERE b."tenantId" = ${tenantId}::uuid AND b."memberId" = ${memberId}::uuid ${isBefore}
      ORDER BY b."createdAt" DESC, b."id" DESC LIMIT ${limit}) b`;
}

export type PendingPosition = { unlocksAt: Date; id: string };

export type OpenPendingRow = {
  id: string;
  points: bigint | number;
  ruleName: string;
  occurredAt: Date;
  unlocksAt: Date;
};

/** Points on their way to a member, what unlocks next first. */
export function listOpenPending(
  tenantId: string,
  memberId: string,
  page: { after: PendingPosition | null; limit: number },
): Promise<OpenPendingRow[]> {
  const { after, limit } = page;
  const isAfter = after
    ? Prisma.sql`AND (p."unlocksAt", p."id") > (${after.unlocksAt}::timestamptz, ${after.id}::uuid)`
    : Prisma.empty;
  return db().$queryRaw<OpenPendingRow[]>`
    SELECT p."id", p."points", r."name" AS "ruleName", p."occurredAt", p."unlocksAt" FROM "pending_points" p
    JOIN "rules" r ON r."tenantId" = p."tenantId" AND r."id" = p."ruleId"
    WHERE p."tenantId" = ${tenantId}::uuid AND p."memberId" = ${memberId}::uuid AND p."settledAt" IS NULL ${isAfter}
    ORDER BY p."unlocksAt", p."id" LIMIT ${limit}`;
}

export type KeptSessionRow = {
  id: string;
  kind: string;
  deviceName: string | null;
  createdAt: Date;
  lastActivityAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  endReason: string | null;
};

/** A member's sessions, also those that have ended and are still kept. */
export function listKeptSessions(
  tenantId: string,
  memberId: string,
  page: { beforeId: string | null; limit: number },
): Promise<KeptSessionRow[]> {
  const { beforeId, limit } = page;
  const isBefore = beforeId === null ? Prisma.empty : Prisma.sql`AND s."id" < ${beforeId}::uuid`;
  return db().$queryRaw<KeptSessionRow[]>`
    SELECT s."id", s."kind", s."deviceName", s."createdAt", s."lastActivityAt", s."expiresAt", s."endedAt", s."endReason"
    FROM "sessions" s
    WHERE s."tenantId" = ${tenantId}::uuid AND s."memberId" = ${memberId}::uuid ${isBefore}
    ORDER BY s."id" DESC LIMIT ${limit}`;
}
