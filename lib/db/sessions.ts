/**
 * Sessions. A row is alive while it has not ended and neither of its limits has passed; what finds one past its limit
 * ends it in the same statement, so that it stays dead even if the clock goes back.
 */
import { askForJson, db, Prisma, type Tx } from "#lib/db/client.ts";
import { type MemberRow, memberColumns } from "#lib/db/members.ts";
import { endRefreshTokensOf } from "#lib/db/refresh-tokens.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import { type WalletColumns, walletColumns } from "#lib/db/wallets.ts";

export type PresentedRow = { id: string; tokenHash: string; rank: number };

export type SessionRow = {
  sessionId: string;
  kind: string;
  sessionExpiresAt: Date;
  idleSeconds: number | null;
  lastActivityAt: Date;
};

/** A row as JSON has it: its moments are texts. */
type InJson<Row, Moments extends keyof Row> = Omit<Row, Moments> & Record<Moments, string>;

/** A session by its id, and by the hash of the token that named it. */
type SessionName = { id: string; tokenHash: string };

/** A session to be. What is null is not known, or not so limited. */
export type NewSession = {
  id: string;
  tokenHash: string;
  kind: string;
  idleSeconds: number | null;
  expiresAt: Date;
  deviceName: string | null;
  /** What the browser has in the cookies that the new one takes the place of. */
  replaces: readonly SessionName[];
  /** What an identity provider calls the person and the session there, and what it signed, sealed. */
  provider: { subject: string | null; sessionId: string | null; sealedIdToken: string | null } | null;
};

/**
 * As `session`, what opens a session for the one member that `source` has as a row of `members`; as `replaced`, what ends
 * those that the browser had until now.
 */
export function openSessionFor(source: Prisma.Sql, session: NewSession, at: Date): Prisma.Sql {
  const { id, tokenHash, kind, idleSeconds, expiresAt, deviceName, provider, replaces } = session;
  return Prisma.sql`"session" AS (
    INSERT INTO "sessions" ("tenantId", "id", "memberId", "kind", "tokenHash", "createdAt", "lastActivityAt",
      "idleSeconds", "expiresAt", "deviceName", "providerSubject", "providerSessionId", "sealedIdToken")
    SELECT m."tenantId", ${id}::uuid, m."id", ${kind}, ${tokenHash}, ${at}::timestamptz, ${at}::timestamptz,
      ${idleSeconds}::int, ${expiresAt}::timestamptz, ${deviceName}::text, ${provider?.subject ?? null}::text,
      ${provider?.sessionId ?? null}::text, ${provider?.sealedIdToken ?? null}::text
    FROM ${source} m
    RETURNING "tenantId", "id", "memberId"
  )${replaces.length > 0 ? Prisma.sql`, "replaced" AS (${replaceSessions(Prisma.raw('"session"'), replaces, at)})` : Prisma.empty}`;
}

/** Ends the named sessions in favour of the one in `next`, which they are known as where it is the same member's. */
function replaceSessions(next: Prisma.Sql, named: readonly SessionName[], at: Date): Prisma.Sql {
  return Prisma.sql`
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'replaced',
      "successorId" = CASE WHEN s."memberId" = n."memberId" THEN n."id" END
    FROM ${next} n, jsonb_to_recordset(${JSON.stringify(named)}::jsonb) AS c("id" uuid, "tokenHash" text)
    WHERE s."tenantId" = n."tenantId" AND s."id" = c."id" AND s."tokenHash" = c."tokenHash" AND s."endedAt" IS NULL`;
}

// How many times over a session may have become another one, to be still known as it.
const successionsMax = 500;

/** True for a row of `s` that is alive at `at`. */
function isAlive(at: Date): Prisma.Sql {
  return Prisma.sql`(s."endedAt" IS NULL AND s."expiresAt" > ${at}
    AND (s."idleSeconds" IS NULL OR s."lastActivityAt" + make_interval(secs => s."idleSeconds") > ${at}))`;
}

/**
 * The rows that credentials name, as `presented`; a credential whose hash is not the row's names nothing.
 *
 * Here and below, LATERAL with LIMIT 1 says to PostgreSQL that each step finds one row by its key. Without statistics,
 * as in a new database, it would otherwise plan for many, and read all of a tenant's rows.
 */
function presentedSessions(tenantId: string, presented: readonly PresentedRow[], at: Date): Prisma.Sql {
  return Prisma.sql`"presented" AS (
    SELECT c."rank", s.*, (${isAlive(at)} AND NOT o."isRestricted" AND o."deletedAt" IS NULL) AS "isAlive"
    FROM jsonb_to_recordset(${JSON.stringify(presented)}::jsonb) AS c("id" uuid, "tokenHash" text, "rank" int)
    CROSS JOIN LATERAL (SELECT * FROM "sessions" r
      WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."id" AND r."tokenHash" = c."tokenHash" LIMIT 1) s
    CROSS JOIN LATERAL (SELECT r."isRestricted", r."deletedAt" FROM "members" r
      WHERE r."tenantId" = s."tenantId" AND r."id" = s."memberId" LIMIT 1) o
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

/** Ends those among the rows of a common table expression that are past a limit. */
function endThePastOnes(tenantId: string, rows: Prisma.Sql, at: Date): Prisma.Sql {
  return Prisma.sql`"died" AS (
    UPDATE "sessions" s SET "endedAt" = ${at}, "endReason" = 'expired'
    WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ANY (ARRAY(SELECT d."id" FROM ${rows} d))
      AND s."endedAt" IS NULL AND NOT ${isAlive(at)}
  )`;
}

/** How old an activity must be for the next one to be written; null writes none. */
export type TouchOlderThan = { withIdleLimit: Date; withoutIdleLimit: Date } | null;

/** The statement that writes an activity of a live session. */
export function touch(
  tenantId: string,
  sessionId: Prisma.Sql,
  at: Date,
  olderThan: TouchOlderThan,
): Prisma.Sql {
  return Prisma.sql`
    UPDATE "sessions" s SET "lastActivityAt" = ${at}
    WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ${sessionId} AND ${isAlive(at)}
      AND s."lastActivityAt" <= CASE WHEN s."idleSeconds" IS NULL
        THEN ${olderThan?.withoutIdleLimit ?? null}::timestamptz
        ELSE ${olderThan?.withIdleLimit ?? null}::timestamptz END
    RETURNING s."lastActivityAt"`;
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
  touchOlderThan: TouchOlderThan;
  tierWindowDays: number | null;
}): Promise<(SessionRow & MemberRow & WalletColumns) | null> {
  const { tenantId, presented, sharedRank, at, touchOlderThan, tierWindowDays } = query;
  type Row = SessionRow & MemberRow & WalletColumns;
  const row = await askForJson<InJson<Row, "sessionExpiresAt" | "lastActivityAt">>(Prisma.sql`
    WITH ${presentedSessions(tenantId, presented, at)}, ${chosenSession(sharedRank)}, ${endThePastOnes(tenantId, Prisma.raw('"presented"'), at)},
    "touched" AS (${touch(tenantId, Prisma.sql`(SELECT c."id" FROM "chosen" c)`, at, touchOlderThan)})
    SELECT to_jsonb(a) FROM (
    SELECT c."id" AS "sessionId", c."kind", c."expiresAt" AS "sessionExpiresAt", c."idleSeconds",
      COALESCE((SELECT "lastActivityAt" FROM "touched"), c."lastActivityAt") AS "lastActivityAt",
      ${memberColumns}, ${walletColumns(tierWindowDays, at)}
    FROM "chosen" c
    CROSS JOIN LATERAL (SELECT * FROM "members" r
      WHERE r."tenantId" = c."tenantId" AND r."id" = c."memberId" LIMIT 1) m
    CROSS JOIN LATERAL (SELECT * FROM "wallets" r
      WHERE r."tenantId" = c."tenantId" AND r."memberId" = c."memberId" LIMIT 1) w) a`);
  return (
    row && {
      ...row,
      sessionExpiresAt: new Date(row.sessionExpiresAt),
      lastActivityAt: new Date(row.lastActivityAt),
    }
  );
}

/** As `caller`, the member behind presented credentials and the session; no row for a stranger. */
export function sessionCaller(
  tenantId: string,
  presented: readonly PresentedRow[],
  sharedRank: number,
  at: Date,
): Prisma.Sql {
  return Prisma.sql`${presentedSessions(tenantId, presented, at)}, ${chosenSession(sharedRank)},
    ${endThePastOnes(tenantId, Prisma.raw('"presented"'), at)},
    "caller" AS (SELECT c."memberId", c."id" AS "sessionId" FROM "chosen" c)`;
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
      CROSS JOIN LATERAL (SELECT r."isRestricted", r."deletedAt" FROM "members" r
        WHERE r."tenantId" = s."tenantId" AND r."id" = s."memberId" LIMIT 1) o
      WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ${presented.id}::uuid
        AND s."tokenHash" = ${presented.tokenHash}
    ),
    ${endThePastOnes(tenantId, Prisma.raw('"named"'), at)},
    "successors" AS (
      SELECT n."successorId" AS "id", 1 AS "depth" FROM "named" n
      UNION ALL
      SELECT s."successorId", u."depth" + 1 FROM "successors" u
      CROSS JOIN LATERAL (SELECT r."successorId" FROM "sessions" r
        WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = u."id" LIMIT 1) s
      WHERE u."depth" < ${successionsMax}
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
  next: { id: string; tokenHash: string; deviceName: string | null };
  /** What the browser had in the cookies that the new one takes the place of. */
  replaced: readonly SessionName[];
  at: Date;
}): Promise<(SessionRow & MemberRow) | null> {
  const { tenantId, from, isSpent, next, replaced, at } = command;
  const isNamed =
    "confirmationHash" in from
      ? Prisma.sql`s."confirmationHash" = ${from.confirmationHash} AND s."confirmationExpiresAt" > ${at}
          AND s."endReason" = 'awaiting_confirmation' AND s."expiresAt" > ${at}`
      : Prisma.sql`s."id" = ${from.id}::uuid AND s."tokenHash" = ${from.tokenHash} AND ${isAlive(at)}`;
  const spending = isSpent
    ? Prisma.sql`"endedAt" = COALESCE(s."endedAt", ${at}), "endReason" = 'activated',
        "confirmationHash" = NULL, "confirmationExpiresAt" = NULL, "successorId" = ${next.id}::uuid`
    : Prisma.sql`"successorId" = ${next.id}::uuid`;

  const others = "id" in from ? replaced.filter(({ id }) => id !== from.id) : replaced;
  const rows = await retryingConflicts(
    () => db().$queryRaw<(SessionRow & MemberRow)[]>`
    WITH "owner" AS (
      SELECT m."id" FROM "members" m
      WHERE m."tenantId" = ${tenantId}::uuid AND NOT m."isRestricted" AND m."deletedAt" IS NULL
        AND m."id" = (SELECT s."memberId" FROM "sessions" s WHERE s."tenantId" = ${tenantId}::uuid AND ${isNamed} LIMIT 1)
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
        "idleSeconds", "expiresAt", "deviceName")
      SELECT "tenantId", ${next.id}::uuid, "memberId", "kind", ${next.tokenHash}, ${at}::timestamptz, ${at}::timestamptz, "idleSeconds",
        "expiresAt", ${next.deviceName}::text
      FROM "spent"
      RETURNING *
    ),
    "replaced" AS (${replaceSessions(Prisma.raw('"opened"'), others, at)})
    SELECT o."id" AS "sessionId", o."kind", o."expiresAt" AS "sessionExpiresAt", o."idleSeconds", o."lastActivityAt",
      ${memberColumns}
    FROM "opened" o CROSS JOIN LATERAL (SELECT * FROM "members" r
      WHERE r."tenantId" = o."tenantId" AND r."id" = o."memberId" LIMIT 1) m`,
  );
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
    SELECT ${memberColumns} FROM "spent" CROSS JOIN LATERAL (SELECT * FROM "members" r
      WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = "spent"."memberId" LIMIT 1) m`;
  return rows[0] ?? null;
}

/** Those that ending must reach: the live ones, and activations that wait for their "Continue as …". */
function isOpen(at: Date): Prisma.Sql {
  return Prisma.sql`(${isAlive(at)} OR s."confirmationHash" IS NOT NULL)`;
}

function ending(reason: string, at: Date): Prisma.Sql {
  return Prisma.sql`"endedAt" = COALESCE(s."endedAt", ${at}), "endReason" = ${reason}, "confirmationHash" = NULL,
    "confirmationExpiresAt" = NULL`;
}

/**
 * Ends every session of a member, and what its clients have to go on with (refresh tokens); how many sessions were alive. The caller has locked the member, so that an activation or a
 * sign-in at the same moment has either committed, and is seen here, or waits.
 */
export async function endSessionsOfMember(
  tx: Tx,
  tenantId: string,
  memberId: string,
  reason: string,
  at: Date,
  /** The one that stays. */
  exceptSessionId: string | null = null,
): Promise<number> {
  await endRefreshTokensOf(tx, { tenantId, memberId });
  const ended = await tx.$queryRaw<{ wasAlive: boolean }[]>`
    WITH "open" AS (
      SELECT s."id", ${isAlive(at)} AS "wasAlive" FROM "sessions" s
      WHERE s."tenantId" = ${tenantId}::uuid AND s."memberId" = ${memberId}::uuid AND ${isOpen(at)}
        AND s."id" IS DISTINCT FROM ${exceptSessionId}::uuid
    )
    UPDATE "sessions" s SET ${ending(reason, at)} FROM "open"
    WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = "open"."id" AND ${isOpen(at)}
    RETURNING "open"."wasAlive"`;
  return ended.filter(({ wasAlive }) => wasAlive).length;
}

/** Ends one live session of a member; false where it has no such one. */
export async function endSessionOfMember(ended: {
  tenantId: string;
  memberId: string;
  sessionId: string;
  reason: string;
  at: Date;
}): Promise<boolean> {
  const { tenantId, memberId, sessionId, reason, at } = ended;
  const count = await db().$executeRaw`
    UPDATE "sessions" s SET ${ending(reason, at)}
    WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ${sessionId}::uuid AND s."memberId" = ${memberId}::uuid
      AND ${isAlive(at)}`;
  return count === 1;
}

export type ListedSessionRow = {
  id: string;
  deviceName: string | null;
  createdAt: Date;
  lastActivityAt: Date;
};

/** A member's live sessions: the one called `firstId`, then the newest first. */
export async function listLiveSessions(query: {
  tenantId: string;
  memberId: string;
  firstId: string;
  limit: number;
  at: Date;
}): Promise<ListedSessionRow[]> {
  const { tenantId, memberId, firstId, limit, at } = query;
  const rows = await askForJson<InJson<ListedSessionRow, "createdAt" | "lastActivityAt">[]>(Prisma.sql`
    WITH "open" AS (
      SELECT s."id", s."deviceName", s."createdAt", s."lastActivityAt", ${isAlive(at)} AS "isAlive"
      FROM "sessions" s
      WHERE s."tenantId" = ${tenantId}::uuid AND s."memberId" = ${memberId}::uuid AND s."endedAt" IS NULL
    ), ${endThePastOnes(tenantId, Prisma.raw('"open"'), at)}
    SELECT jsonb_agg(to_jsonb(p)) FROM (
      SELECT o."id", o."deviceName", o."createdAt", o."lastActivityAt" FROM "open" o WHERE o."isAlive"
      ORDER BY o."id" = ${firstId}::uuid DESC, o."createdAt" DESC, o."id" DESC LIMIT ${limit}) p`);
  return (rows ?? []).map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt),
    lastActivityAt: new Date(row.lastActivityAt),
  }));
}

/** Ends the sessions that these credentials name, and those they became; how many were alive. */
export async function endSessions(
  tenantId: string,
  credentials: readonly { id: string; tokenHash: string }[],
  reason: string,
  at: Date,
): Promise<number> {
  const named = JSON.stringify(credentials);
  return retryingConflicts(() =>
    db().$transaction(async (tx) => {
      // As above: who activates one of these sessions holds a share of its member.
      await tx.$queryRaw`
        SELECT m."id" FROM "members" m WHERE m."tenantId" = ${tenantId}::uuid AND m."id" IN (
          SELECT s."memberId" FROM jsonb_to_recordset(${named}::jsonb) AS c("id" uuid, "tokenHash" text)
          CROSS JOIN LATERAL (SELECT r."memberId" FROM "sessions" r
            WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."id" AND r."tokenHash" = c."tokenHash" LIMIT 1) s)
        ORDER BY m."id" FOR UPDATE`;
      const ended = await tx.$queryRaw<{ wasAlive: boolean }[]>`
        WITH RECURSIVE "line" AS (
          SELECT s."id", s."successorId", 1 AS "depth"
          FROM jsonb_to_recordset(${named}::jsonb) AS c("id" uuid, "tokenHash" text)
          CROSS JOIN LATERAL (SELECT r."id", r."successorId" FROM "sessions" r
            WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."id" AND r."tokenHash" = c."tokenHash" LIMIT 1) s
          UNION ALL
          SELECT s."id", s."successorId", l."depth" + 1 FROM "line" l
          CROSS JOIN LATERAL (SELECT r."id", r."successorId" FROM "sessions" r
            WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = l."successorId" LIMIT 1) s
          WHERE l."depth" < ${successionsMax}
        ),
        "open" AS (
          SELECT s."id", ${isAlive(at)} AS "wasAlive" FROM "sessions" s
          WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = ANY (ARRAY(SELECT "id" FROM "line")) AND ${isOpen(at)}
        )
        UPDATE "sessions" s SET ${ending(reason, at)} FROM "open"
        WHERE s."tenantId" = ${tenantId}::uuid AND s."id" = "open"."id" AND ${isOpen(at)}
        RETURNING "open"."wasAlive"`;
      return ended.filter(({ wasAlive }) => wasAlive).length;
    }),
  );
}

/**
 * Opens a session for an account that still has the password that was looked at, and notes where its person is. The row of
 * its member; null where the password is another one by now, or the member is restricted or gone.
 */
export async function openAccountSession(command: {
  account: { tenantId: string; memberId: string; passwordHash: string; knownAddresses: string[] };
  session: NewSession;
  at: Date;
}): Promise<MemberRow | null> {
  const { account, session, at } = command;
  const { tenantId, memberId, passwordHash, knownAddresses } = account;
  const signedIn = Prisma.sql`(SELECT o.* FROM "owner" o WHERE EXISTS (SELECT 1 FROM "known"))`;
  const rows = await retryingConflicts(
    () => db().$queryRaw<MemberRow[]>`
    WITH "owner" AS (
      SELECT m.* FROM "members" m
      WHERE m."tenantId" = ${tenantId}::uuid AND m."id" = ${memberId}::uuid AND NOT m."isRestricted"
        AND m."deletedAt" IS NULL
      FOR SHARE -- as in succeedSession
    ),
    "known" AS (
      UPDATE "accounts" a SET "knownAddresses" = ${knownAddresses}::text[] FROM "owner"
      WHERE a."tenantId" = ${tenantId}::uuid AND a."memberId" = "owner"."id" AND a."passwordHash" = ${passwordHash}
      RETURNING a."memberId"
    ),
    ${openSessionFor(signedIn, session, at)}
    SELECT ${memberColumns} FROM ${signedIn} m`,
  );
  return rows[0] ?? null;
}

/** What an identity server signed for the newest of the sessions that these credentials name; null where none is of one. */
export async function findSealedIdToken(
  tenantId: string,
  credentials: readonly { id: string; tokenHash: string }[],
): Promise<{ sealedIdToken: string | null } | null> {
  const rows = await db().$queryRaw<{ sealedIdToken: string | null }[]>`
    SELECT s."sealedIdToken"
    FROM jsonb_to_recordset(${JSON.stringify(credentials)}::jsonb) AS c("id" uuid, "tokenHash" text)
    CROSS JOIN LATERAL (SELECT * FROM "sessions" r
      WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = c."id" AND r."tokenHash" = c."tokenHash" LIMIT 1) s
    WHERE s."providerSubject" IS NOT NULL ORDER BY s."createdAt" DESC LIMIT 1`;
  return rows[0] ?? null;
}

/**
 * Ends what came of one session at an identity server, or, without a session's name, all sessions of the member whom it
 * calls `subject`; how many were alive. A session whose name it never told is ended by the subject alone.
 */
export async function endProviderSessions(
  tx: Tx,
  ended: { tenantId: string; subject: string | null; sessionId: string | null; at: Date },
): Promise<number> {
  const { tenantId, subject, sessionId, at } = ended;
  const isSubject = Prisma.sql`s."providerSubject" = ${subject}`;
  const isSession = Prisma.sql`s."providerSessionId" = ${sessionId}`;
  const isNamed =
    sessionId === null
      ? isSubject
      : subject === null
        ? isSession
        : Prisma.sql`${isSubject} AND (${isSession} OR s."providerSessionId" IS NULL)`;
  // As in endSessionsOfMember: who signs in at this moment holds a share of the member.
  const members = await tx.$queryRaw<{ id: string }[]>`
    SELECT m."id" FROM "members" m WHERE m."tenantId" = ${tenantId}::uuid AND m."id" IN (
      SELECT s."memberId" FROM "sessions" s WHERE s."tenantId" = ${tenantId}::uuid AND ${isNamed})
    ORDER BY m."id" FOR UPDATE`;
  if (sessionId === null) {
    let count = 0;
    for (const { id } of members)
      count += await endSessionsOfMember(tx, tenantId, id, "ended_by_provider", at);
    return count;
  }
  return tx.$executeRaw`
    UPDATE "sessions" s SET ${ending("ended_by_provider", at)}
    WHERE s."tenantId" = ${tenantId}::uuid AND ${isNamed} AND ${isAlive(at)}`;
}

/** Ends every session of a tenant, as when its way of signing in becomes another. */
export async function endSessionsOfTenant(tx: Tx, tenantId: string, reason: string, at: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE "sessions" s SET ${ending(reason, at)} WHERE s."tenantId" = ${tenantId}::uuid AND ${isOpen(at)}`;
}

/**
 * Deletes up to `rowsMax` rows that ended, or reached their absolute limit, before `deadBefore`; how many it deleted. One
 * that became another session is kept as long as that one can live: by it a host's token still names the browser's.
 * Processes that sweep at once pass over each other's rows.
 */
export async function deleteDeadSessions(deadBefore: Date, rowsMax: number): Promise<number> {
  return db().$executeRaw`
    DELETE FROM "sessions" WHERE ("tenantId", "id") IN (
      SELECT s."tenantId", s."id" FROM "sessions" s
      WHERE s."expiresAt" < ${deadBefore} OR (s."endedAt" < ${deadBefore} AND s."successorId" IS NULL)
      LIMIT ${rowsMax} FOR UPDATE SKIP LOCKED)`;
}
