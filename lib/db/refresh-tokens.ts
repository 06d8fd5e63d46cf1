/**
 * Refresh tokens. A row is one token, which works once; all that came of one login have its `familyId`. A family ends by
 * its rows going away: whoever ends one deletes until nothing is left, because a token that is just being used leaves a new
 * row behind that the first deletion did not see.
 */
import { db, Prisma, type Tx } from "#lib/db/client.ts";

export type TokenOwner = { tenantId: string; memberId: string } | { adminId: string };

export type RefreshTokenRow = {
  id: string;
  familyId: string;
  familyEndsAt: Date;
  tenantId: string | null;
  memberId: string | null;
  adminId: string | null;
  expiresAt: Date;
  usedAt: Date | null;
};

export type NewRefreshToken = {
  id: string;
  tokenHash: string;
  familyId: string;
  familyEndsAt: Date;
  createdAt: Date;
  expiresAt: Date;
};

/**
 * The first token of a family, for an owner who may sign in and has the password that was looked at; false where that has
 * changed since. Both rows are held: who changes them and ends the tokens waits, and sees this one.
 */
export async function insertRefreshToken(
  token: NewRefreshToken,
  owner: TokenOwner,
  passwordHash: string,
): Promise<boolean> {
  const { id, tokenHash, familyId, familyEndsAt, createdAt, expiresAt } = token;
  const held =
    "adminId" in owner
      ? Prisma.sql`SELECT NULL::uuid AS "tenantId", NULL::uuid AS "memberId", a."id" AS "adminId" FROM "admins" a
          WHERE a."id" = ${owner.adminId}::uuid AND a."passwordHash" = ${passwordHash} AND a."disabledAt" IS NULL
          FOR SHARE`
      : Prisma.sql`SELECT m."tenantId", m."id" AS "memberId", NULL::uuid AS "adminId"
          FROM "members" m JOIN "accounts" a ON a."tenantId" = m."tenantId" AND a."memberId" = m."id"
          WHERE m."tenantId" = ${owner.tenantId}::uuid AND m."id" = ${owner.memberId}::uuid AND NOT m."isRestricted"
            AND m."deletedAt" IS NULL AND a."passwordHash" = ${passwordHash}
          FOR SHARE`;
  const rows = await db().$executeRaw`
    WITH "owner" AS (${held})
    INSERT INTO "refresh_tokens" ("id", "tokenHash", "familyId", "familyEndsAt", "tenantId", "memberId", "adminId",
      "createdAt", "expiresAt")
    SELECT ${id}::uuid, ${tokenHash}, ${familyId}::uuid, ${familyEndsAt}::timestamptz, o."tenantId", o."memberId",
      o."adminId", ${createdAt}::timestamptz, ${expiresAt}::timestamptz
    FROM "owner" o`;
  return rows === 1;
}

export function findRefreshToken(tokenHash: string): Promise<RefreshTokenRow | null> {
  return db().refreshToken.findUnique({ where: { tokenHash }, omit: { tokenHash: true, createdAt: true } });
}

/**
 * Takes a token that nobody has used for the next one of its family; false where somebody was faster, its time is over, or its
 * owner may not sign in any more. One statement: either the old token is good, or the new one.
 */
export async function succeedRefreshToken(
  used: RefreshTokenRow,
  next: NewRefreshToken,
  at: Date,
): Promise<boolean> {
  const { id, tenantId, memberId, adminId } = used;
  const owner =
    adminId === null
      ? Prisma.sql`SELECT m."id" FROM "members" m WHERE m."tenantId" = ${tenantId}::uuid AND m."id" = ${memberId}::uuid
          AND NOT m."isRestricted" AND m."deletedAt" IS NULL`
      : Prisma.sql`SELECT a."id" FROM "admins" a WHERE a."id" = ${adminId}::uuid AND a."disabledAt" IS NULL`;
  const rows = await db().$executeRaw`
    WITH "owner" AS (${owner} FOR SHARE), -- so that who ends its tokens waits, and sees the new one
    "used" AS (
      UPDATE "refresh_tokens" r SET "usedAt" = ${at}::timestamptz FROM "owner"
      WHERE r."id" = ${id}::uuid AND r."usedAt" IS NULL AND r."expiresAt" > ${at} AND r."familyEndsAt" > ${at}
      RETURNING r."tenantId", r."memberId", r."adminId"
    )
    INSERT INTO "refresh_tokens" ("id", "tokenHash", "familyId", "familyEndsAt", "tenantId", "memberId", "adminId",
      "createdAt", "expiresAt")
    SELECT ${next.id}::uuid, ${next.tokenHash}, ${next.familyId}::uuid, ${next.familyEndsAt}::timestamptz, u."tenantId",
      u."memberId", u."adminId", ${next.createdAt}::timestamptz, ${next.expiresAt}::timestamptz
    FROM "used" u`;
  return rows === 1;
}

export function endRefreshFamily(familyId: string): Promise<void> {
  return deleteAll(db(), { familyId });
}

export function endRefreshTokensOf(tx: Tx | null, owner: TokenOwner): Promise<void> {
  return deleteAll(tx ?? db(), owner);
}

async function deleteAll(client: Tx, where: Prisma.RefreshTokenWhereInput): Promise<void> {
  for (;;) {
    const { count } = await client.refreshToken.deleteMany({ where });
    if (count === 0) return;
  }
}

/** Deletes up to `rowsMax` rows of families and tokens whose time was over before `endedBefore`; how many it deleted. */
export function deleteOldRefreshTokens(endedBefore: Date, rowsMax: number): Promise<number> {
  return db().$executeRaw`
    DELETE FROM "refresh_tokens" WHERE "id" IN (
      SELECT r."id" FROM "refresh_tokens" r WHERE r."expiresAt" < ${endedBefore} LIMIT ${rowsMax}
      FOR UPDATE SKIP LOCKED)`;
}
