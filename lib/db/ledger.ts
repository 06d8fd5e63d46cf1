import { askForJson, Prisma, type Tx } from "#lib/db/client.ts";

export type NewLedgerEntry = {
  tenantId: string;
  memberId: string;
  kind: string;
  points: number;
  /** How much of it counts as earned, spent or expired. */
  lifetimePoints: number;
  spentPoints: number;
  expiredPoints: number;
  eventId: string | null;
  benefitId: string | null;
  description: string | null;
  at: Date;
  /** Lots of what this event brought pay first. */
  firstFromEventId: string | null;
  /** What comes in, where it is not one lot that expires after the programme's term. */
  lots?: readonly { points: number; expiresAt: Date | null }[];
};

/** The one way to move points from here, through the database's own writer: see the function. The caller holds the wallet. */
export async function postEntry(tx: Tx, entry: NewLedgerEntry): Promise<{ entryId: string }> {
  const { tenantId, memberId, points, at } = entry;
  const lots = entry.lots ? JSON.stringify(entry.lots) : null;
  const rows = await tx.$queryRaw<{ entryId: string }[]>`
    SELECT laurel_functions.post_entry(${tenantId}::uuid, ${memberId}::uuid, ${entry.kind}, ${points}::bigint,
      ${at}::timestamptz, _lifetime => ${entry.lifetimePoints}::bigint, _spent => ${entry.spentPoints}::bigint,
      _expired => ${entry.expiredPoints}::bigint, _event => ${entry.eventId}::uuid, _benefit => ${entry.benefitId}::uuid,
      _description => ${entry.description}, _first_event => ${entry.firstFromEventId}::uuid, _lots => ${lots}::jsonb,
      _expires => laurel_functions.expiry_from(${tenantId}::uuid, ${at}::timestamptz)
    ) AS "entryId"`;
  return rows[0] as { entryId: string };
}

export type LedgerEntryRow = {
  id: string;
  sequence: number;
  kind: string;
  points: bigint | number;
  balanceAfterPoints: bigint | number;
  description: string | null;
  occurredAt: Date | string;
  ruleName: string | null;
  rewardName: string | null;
};

/** What an entry came from, and what became of it. */
export type EntryExplanationRow = {
  event: {
    type: string;
    typeName: string | null;
    payload: Record<string, unknown>;
    occurredAt: string;
  } | null;
  /** The lots it made: how many of their points are left, and when they expire. */
  lots: { earnedPoints: number; remainingPoints: number; expiresAt: string | null }[];
  /** The lots that paid it, in the order they did; the first `lotsMax`. */
  paidBy: { points: number; earnedAt: string; expiresAt: string | null; description: string | null }[];
  paidByCount: number;
};

/** LedgerEntryRow of a row of `ledger_entries` called `e`. */
export const entryColumns = Prisma.sql`e."id", e."sequence", e."kind", e."points", e."balanceAfterPoints",
  e."description", e."occurredAt",
  (SELECT r."name" FROM "rules" r WHERE r."tenantId" = e."tenantId" AND r."id" = e."ruleId") AS "ruleName",
  (SELECT r."name" FROM "benefits" b JOIN "rewards" r ON r."tenantId" = b."tenantId" AND r."id" = b."rewardId"
    WHERE b."tenantId" = e."tenantId" AND b."id" = e."benefitId") AS "rewardName"`;

/**
 * What a statement can be narrowed to. Written out, as each has a partial index that is taken only where the statement itself
 * says its condition.
 */
const statementKinds = {
  all: Prisma.empty,
  earned: Prisma.sql`AND e."kind" IN ('OPENING', 'EARN')`,
  spent: Prisma.sql`AND e."kind" = 'SPEND'`,
  other: Prisma.sql`AND e."kind" IN ('REFUND', 'EXPIRY', 'ADJUSTMENT', 'REVERSAL')`,
};
export type StatementFilter = keyof typeof statementKinds;

/** A member's entries, newest first, each explained; `beforeSequence` goes on where the last page ended. */
export async function listExplainedEntries(
  tenantId: string,
  memberId: string,
  page: { beforeSequence: number | null; limit: number; lotsMax: number; filter: StatementFilter },
): Promise<(LedgerEntryRow & EntryExplanationRow)[]> {
  const { beforeSequence, limit, lotsMax, filter } = page;
  const entries = await askForJson<(LedgerEntryRow & EntryExplanationRow)[]>(Prisma.sql`
    SELECT jsonb_agg(to_jsonb(x) ORDER BY x."sequence" DESC) FROM (SELECT ${entryColumns},
      (SELECT jsonb_build_object('type', v."type", 'payload', v."payload", 'occurredAt', v."occurredAt", 'typeName', (
          SELECT NULLIF(y."description", '') FROM "event_types" y
          WHERE y."tenantId" = v."tenantId" AND y."name" = v."type"))
        FROM "events" v WHERE v."tenantId" = e."tenantId" AND v."id" = e."eventId") AS "event",
      COALESCE((SELECT jsonb_agg(jsonb_build_object('earnedPoints', l."earnedPoints",
          'remainingPoints', l."remainingPoints", 'expiresAt', l."expiresAt"))
        FROM "point_lots" l WHERE l."tenantId" = e."tenantId" AND l."entryId" = e."id" AND e."points" > 0), '[]') AS "lots",
      COALESCE((SELECT jsonb_agg(p) FROM (
        SELECT s."points", l."earnedAt", l."expiresAt", COALESCE(r."name", o."description") AS "description"
        FROM "lot_spends" s
        JOIN "point_lots" l ON l."tenantId" = s."tenantId" AND l."id" = s."lotId"
        JOIN "ledger_entries" o ON o."tenantId" = l."tenantId" AND o."id" = l."entryId"
        LEFT JOIN "rules" r ON r."tenantId" = o."tenantId" AND r."id" = o."ruleId"
        WHERE s."tenantId" = e."tenantId" AND s."entryId" = e."id"
        ORDER BY l."expiresAt", l."earnedAt", l."id" LIMIT ${lotsMax}) p), '[]') AS "paidBy",
      (SELECT count(*)::int FROM "lot_spends" s
        WHERE s."tenantId" = e."tenantId" AND s."entryId" = e."id") AS "paidByCount"
    FROM (
      SELECT * FROM "ledger_entries" e
      WHERE e."tenantId" = ${tenantId}::uuid AND e."memberId" = ${memberId}::uuid
        AND e."sequence" < ${beforeSequence ?? 2_147_483_647} ${statementKinds[filter]}
      ORDER BY e."sequence" DESC LIMIT ${limit}) e) x`);
  return entries ?? [];
}

export type CausedEntryRow = {
  id: string;
  kind: string;
  points: number;
  description: string | null;
  createdAt: string;
  occurredAt: string;
  /** Of what it brought. */
  expiresAt: string | null;
  eventId: string | null;
  eventType: string | null;
  ruleId: string | null;
  benefitId: string | null;
  rewardId: string | null;
};

/** A member's entries from one sequence to another, the latest first, each with what it is posted for. */
export async function listCausedEntries(
  tenantId: string,
  memberId: string,
  { fromSequence, toSequence }: { fromSequence: number; toSequence: number },
): Promise<CausedEntryRow[]> {
  const entries = await askForJson<CausedEntryRow[]>(Prisma.sql`
    SELECT jsonb_agg(to_jsonb(c) - 'sequence' ORDER BY c."sequence" DESC) FROM (
      SELECT e."sequence", e."id", e."kind", e."points", e."description", e."createdAt", e."occurredAt", e."eventId", e."ruleId",
        e."benefitId",
        (SELECT min(l."expiresAt") FROM "point_lots" l
          WHERE l."tenantId" = e."tenantId" AND l."entryId" = e."id" AND e."points" > 0) AS "expiresAt",
        (SELECT v."type" FROM "events" v WHERE v."tenantId" = e."tenantId" AND v."id" = e."eventId") AS "eventType",
        (SELECT b."rewardId" FROM "benefits" b
          WHERE b."tenantId" = e."tenantId" AND b."id" = e."benefitId") AS "rewardId"
      FROM "ledger_entries" e
      WHERE e."tenantId" = ${tenantId}::uuid AND e."memberId" = ${memberId}::uuid
        AND e."sequence" BETWEEN ${fromSequence}::int AND ${toSequence}::int) c`);
  return entries ?? [];
}
