/**
 * Sessions. A row is alive while it has not ended and neither of its limits has passed; what finds one past its limit
 * ends it in the same statement, so that it stays dead even if the clock goes back.
 */
import { db, Prisma, type Tx } from "#lib/db/client.ts";
import { type MemberRow, memberColumns } from "#lib/db/members.ts";

export type PresentedRow = { id: string; tokenHash: string; rank: number };

export type SessionRow = {
  sessionId: string;
  kind: string;
  sessionExpiresAt: Date;
  idleSeconds: number | null;
  lastActivityAt: Date;
};

export type WalletColumns = {
  balancePoints: bigint;
  lifetimePoints: bigint;
  spentPoints: bigint;
  expiredPoints: bigint;
  pendingPoints: bigint;
};

/** True for a row of `s` that is alive at `at`. */
export function isAlive(at: Date): Prisma.Sql {
  return Prisma.sql`(s."endedAt" IS NULL AND s."expiresAt" > ${at}
    AND (s."idleSeconds" IS NULL OR s."lastActivityAt" + make_interval(secs => s."idleSeconds") > ${at}))`;
}

/** The rows that credentials name, as `presented`; a credential whose hash is not the row's names nothing. */
function presentedSessions(tenantId: string, presented: readonly PresentedRow[], at: Date): Prisma.Sql {
  return Prisma.sql`"presented" AS (
    SELECT c."rank", s.*, (${isAlive(at)} AND NOT o."isRestricted" AND o."deletedAt" IS NULL) AS "isAlive"
    FROM jsonb_to_recordset(${JSON.stringify(presented)}::jsonb) AS c("id" uuid, "tokenHash" text, "rank" int)
    JOIN "sessions" s ON s."tenantId" = ${tenantId}::uuid AND s."id" = c."id" AND s."tokenHash" = c."tokenHash"
    JOIN "members" o ON o."tenantId" = s."tenantId" AND o."id" = s."memberId"
  )`;
}

/**
 * Of several cookies, the one that counts: the first alive by rank. From rank `sharedRank` on they are the cookies of a
 * shared domain; where these name different members, a stranger may have planted one, and none of them counts.
 */
function chosenSession(sharedRank: number): Prisma.Sql {
  return Prisma.sql`"chosen" AS (
    SELECT p.* FROM "presented" p
    WHERE p."isAlive" AND (p."rank" < ${sharedRank} OR (
      SELECT count(DISTINCT q."memberId") FROM "presented" q WHERE q."isAlive" AND q."rank" >= ${sharedRank}) = 1)
    ORDER BY p."rank" LIMIT 1
  )`;
}

function endThePastOnes(at: Date): Prisma.Sql {
  return Prisma.sql`"died" AS (
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'expired'
    FROM "presented" p
    WHERE s."tenantId" = p."tenantId" AND s."id" = p."id" AND s."endedAt" IS NULL AND NOT ${isAlive(at)}
  )`;
}

/**
 * The live session among those presented, with its member and wallet; null if there is none. With `touchOlderThan` it is
 * an activity: written where the last one is older than that.
 */
export async function readSessionRow(query: {
  tenantId: string;
  presented: readonly PresentedRow[];
  sharedRank: number;
  at: Date;
  touchOlderThan: { withIdleLimit: Date; withoutIdleLimit: Date } | null;
}): Promise<(SessionRow & MemberRow & WalletColumns) | null> {
  const { tenantId, presented, sharedRank, at, touchOlderThan } = query;
  const rows = await db().$queryRaw<(SessionRow & MemberRow & WalletColumns)[]>`
    WITH ${presentedSessions(tenantId, presented, at)}, ${chosenSession(sharedRank)}, ${endThePastOnes(at)},
    "touched" AS (
      UPDATE "sessions" s SET "lastActivityAt" = ${at}
      FROM "chosen" c
      WHERE s."tenantId" = c."tenantId" AND s."id" = c."id" AND ${isAlive(at)}
        AND s."lastActivityAt" <= CASE WHEN s."idleSeconds" IS NULL
          THEN ${touchOlderThan?.withoutIdleLimit ?? null}::timestamptz
          ELSE ${touchOlderThan?.withIdleLimit ?? null}::timestamptz END
      RETURNING s."lastActivityAt"
    )
    SELECT c."id" AS "sessionId", c."kind", c."expiresAt" AS "sessionExpiresAt", c."idleSeconds",
      COALESCE((SELECT "lastActivityAt" FROM "touched"), c."lastActivityAt") AS "lastActivityAt",
      ${memberColumns}, w."balancePoints", w."lifetimePoints", w."spentPoints", w."expiredPoints", w."pendingPoints"
    FROM "chosen" c
    JOIN "members" m ON m."tenantId" = c."tenantId" AND m."id" = c."memberId"
    JOIN "wallets" w ON w."tenantId" = m."tenantId" AND w."memberId" = m."id"`;
  return rows[0] ?? null;
}

export type ActivationView = {
  /** The session the presented token names; null if there is none. */
  memberId: string | null;
  isAlive: boolean | null;
  /** Who is signed in in this browser. */
  browserMemberId: string | null;
  /** Whether that one is what the presented session became. */
  isSuccessorHere: boolean;
};

/** How a presented session and the browser that presents it stand to each other. */
export async function readActivationView(query: {
  tenantId: string;
  presented: PresentedRow;
  browser: readonly PresentedRow[];
  sharedRank: number;
  at: Date;
}): Promise<ActivationView> {
  const { tenantId, presented, browser, sharedRank, at } = query;
  const rows = await db().$queryRaw<ActivationView[]>`
    WITH RECURSIVE ${presentedSessions(tenantId, browser, at)}, ${chosenSession(sharedRank)},
    "named" AS (
      SELECT s.*, (${isAlive(at)} AND NOT o."isRestricted" AND o."deletedAt" IS NULL) AS "isAlive"
      FROM "sessions" s
      JOIN "members" o ON o."tenantId" = s."tenantId" AND o."id" = s."memberId"
      WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ${presented.id}::uuid
        AND s."tokenHash" = ${presented.tokenHash}
    ),
    "died" AS (
      UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'expired'
      FROM "named" n
      WHERE s."tenantId" = n."tenantId" AND s."id" = n."id" AND s."endedAt" IS NULL AND NOT ${isAlive(at)}
    ),
    "successors" AS (
      SELECT n."successorId" AS "id", 1 AS "depth" FROM "named" n
      UNION ALL
      SELECT s."successorId", u."depth" + 1 FROM "successors" u
      JOIN "sessions" s ON s."tenantId" = ${tenantId}::uuid AND s."id" = u."id" AND u."depth" < 50
    )
    SELECT n."memberId", n."isAlive", c."memberId" AS "browserMemberId",
      COALESCE(c."id" IN (SELECT u."id" FROM "successors" u), false) AS "isSuccessorHere"
    FROM (SELECT) one LEFT JOIN "named" n ON true LEFT JOIN "chosen" c ON true`;
  return rows[0] as ActivationView;
}

/**
 * Turns one live session into a new one of the same member that ends when it would have, and ends those the browser had.
 * Null where the session is not alive any more: somebody else was faster. `confirmationHash` names it by the one-time
 * confirmation instead of by its token.
 */
export async function succeedSession(command: {
  tenantId: string;
  from: { id: string; tokenHash: string } | { confirmationHash: string };
  isSpent: boolean;
  next: { id: string; tokenHash: string };
  browserSessionIds: readonly string[];
  at: Date;
}): Promise<(SessionRow & MemberRow) | null> {
  const { tenantId, from, isSpent, next, browserSessionIds, at } = command;
  const isNamed =
    "confirmationHash" in from
      ? Prisma.sql`s."confirmationHash" = ${from.confirmationHash} AND s."confirmationExpiresAt" > ${at}
          AND s."endReason" = 'awaiting_confirmation' AND s."expiresAt" > ${at}`
      : Prisma.sql`s."id" = ${from.id}::uuid AND s."tokenHash" = ${from.tokenHash} AND ${isAlive(at)}`;
  const spending = isSpent
    ? Prisma.sql`"endedAt" = COALESCE(s."endedAt", ${at}), "endReason" = 'activated',
        "confirmationHash" = NULL, "confirmationExpiresAt" = NULL, "successorId" = ${next.id}::uuid`
    : Prisma.sql`"successorId" = ${next.id}::uuid`;

  const rows = await db().$queryRaw<(SessionRow & MemberRow)[]>`
    WITH "owner" AS (
      SELECT m."id" FROM "members" m
      WHERE m."tenantId" = ${tenantId}::uuid AND NOT m."isRestricted" AND m."deletedAt" IS NULL
        AND m."id" IN (SELECT s."memberId" FROM "sessions" s WHERE s."tenantId" = ${tenantId}::uuid AND ${isNamed})
      FOR SHARE -- so that restricting the member, which ends all its sessions, waits and sees the new one
    ),
    "spent" AS (
      UPDATE "sessions" s SET ${spending}
      FROM "owner"
      WHERE s."tenantId" = ${tenantId}::uuid AND s."memberId" = "owner"."id" AND ${isNamed}
      RETURNING s.*
    ),
    "opened" AS (
      INSERT INTO "sessions" ("tenantId", "id", "memberId", "kind", "tokenHash", "createdAt", "lastActivityAt",
        "idleSeconds", "expiresAt")
      SELECT "tenantId", ${next.id}::uuid, "memberId", "kind", ${next.tokenHash}, ${at}::timestamptz, ${at}::timestamptz, "idleSeconds",
        "expiresAt"
      FROM "spent"
      RETURNING *
    ),
    "replaced" AS (
      UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'replaced', "successorId" = ${next.id}::uuid
      FROM "spent"
      WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ANY (${[...browserSessionIds]}::uuid[])
        AND s."id" <> "spent"."id" AND s."endedAt" IS NULL
    )
    SELECT o."id" AS "sessionId", o."kind", o."expiresAt" AS "sessionExpiresAt", o."idleSeconds", o."lastActivityAt",
      ${memberColumns}
    FROM "opened" o JOIN "members" m ON m."tenantId" = o."tenantId" AND m."id" = o."memberId"`;
  return rows[0] ?? null;
}

/** Spends a live session for a person who has yet to say "Continue as …"; the row of its member, or null as above. */
export async function awaitConfirmation(command: {
  tenantId: string;
  from: { id: string; tokenHash: string };
  confirmationHash: string;
  confirmationExpiresAt: Date;
  at: Date;
}): Promise<MemberRow | null> {
  const { tenantId, from, confirmationHash, confirmationExpiresAt, at } = command;
  const rows = await db().$queryRaw<MemberRow[]>`
    WITH "spent" AS (
      UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'awaiting_confirmation',
        "confirmationHash" = ${confirmationHash}, "confirmationExpiresAt" = ${confirmationExpiresAt}
      WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ${from.id}::uuid AND s."tokenHash" = ${from.tokenHash}
        AND ${isAlive(at)}
      RETURNING s."memberId"
    )
    SELECT ${memberColumns} FROM "spent" JOIN "members" m ON m."tenantId" = ${tenantId}::uuid AND m."id" = "spent"."memberId"`;
  return rows[0] ?? null;
}

/** Ends every live session of a member; how many there were. */
export async function endSessionsOfMember(
  tx: Tx,
  tenantId: string,
  memberId: string,
  reason: string,
  at: Date,
): Promise<number> {
  return tx.$executeRaw`
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = ${reason}
    WHERE s."tenantId" = ${tenantId}::uuid AND s."memberId" = ${memberId}::uuid AND ${isAlive(at)}`;
}

/** The same for the member with this identifier, in one statement. */
export async function endSessionsOfIdentifier(
  tenantId: string,
  authIdentifier: string,
  reason: string,
  at: Date,
): Promise<number> {
  return db().$executeRaw`
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = ${reason}
    FROM "members" m
    WHERE m."tenantId" = ${tenantId}::uuid AND m."authIdentifier" = ${authIdentifier}
      AND s."tenantId" = m."tenantId" AND s."memberId" = m."id" AND ${isAlive(at)}`;
}

/** Ends the live ones among these sessions, and among those they became; how many there were. */
export async function endSessions(
  tenantId: string,
  credentials: readonly { id: string; tokenHash: string }[],
  reason: string,
  at: Date,
): Promise<number> {
  return db().$executeRaw`
    WITH RECURSIVE "line" AS (
      SELECT s."id", s."successorId", 1 AS "depth"
      FROM jsonb_to_recordset(${JSON.stringify(credentials)}::jsonb) AS c("id" uuid, "tokenHash" text)
      JOIN "sessions" s ON s."tenantId" = ${tenantId}::uuid AND s."id" = c."id" AND s."tokenHash" = c."tokenHash"
      UNION ALL
      SELECT s."id", s."successorId", l."depth" + 1 FROM "line" l
      JOIN "sessions" s ON s."tenantId" = ${tenantId}::uuid AND s."id" = l."successorId" AND l."depth" < 50
    )
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = ${reason}
    WHERE s."tenantId" = ${tenantId}::uuid AND s."id" IN (SELECT "id" FROM "line") AND ${isAlive(at)}`;
}

/**
 * Deletes up to `rowsMax` rows that ended, or reached their absolute limit, before `deadBefore`; how many it deleted.
 * Processes that sweep at once pass over each other's rows.
 */
export async function deleteDeadSessions(deadBefore: Date, rowsMax: number): Promise<number> {
  return db().$executeRaw`
    DELETE FROM "sessions" WHERE ("tenantId", "id") IN (
      SELECT s."tenantId", s."id" FROM "sessions" s
      WHERE s."expiresAt" < ${deadBefore} OR s."endedAt" < ${deadBefore}
      LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED)`;
}
