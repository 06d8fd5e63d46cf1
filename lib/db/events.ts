import { askForJson, db, Prisma, type Tx } from "#lib/db/client.ts";
import type { CommandAnswer, KeyRow } from "#lib/db/idempotency-keys.ts";
import { type MemberRow, memberColumns } from "#lib/db/members.ts";
import { type NumberedRows, readNumberedRows } from "#lib/db/numbered-page.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import { type CandidateRow, type ReactionRow, type RuleRow, rulesFor } from "#lib/db/rules.ts";

type EventTypeRow = {
  name: string;
  schema: object | null;
  isPrivate: boolean;
  isActive: boolean;
  secretHash: string | null;
};

export type EventRow = {
  id: string;
  memberId: string;
  type: string;
  payload: Record<string, unknown>;
  externalId: string | null;
  occurredAt: string | Date;
  createdAt: string | Date;
};

export type EventResultRow = {
  event: EventRow;
  reactions: ReactionRow[];
  balancePoints: number;
  isKnown: boolean;
};

/** Who an event is about: by one key, or by whatever a reporter knows the member as. */
export type SubjectKey =
  | { memberId: string }
  | { authIdentifier: string }
  | { anyOf: string /** The same, where it is a UUID. */; memberId: string | null };

export type ReportContext = { eventType: EventTypeRow | null; rules: RuleRow[]; members: MemberRow[] };

/** What has to be known before an event can be judged: its type, its rules, and the members that the subject may mean. */
export async function readReportContext(
  tenantId: string,
  type: string,
  subject: SubjectKey,
): Promise<ReportContext> {
  const context = await askForJson<ReportContext>(Prisma.sql`SELECT jsonb_build_object(
    'eventType', (SELECT jsonb_build_object('name', t."name", 'schema', t."schema", 'isPrivate', t."isPrivate",
      'isActive', t."isActive", 'secretHash', t."secretHash")
      FROM "event_types" t WHERE t."tenantId" = ${tenantId}::uuid AND t."name" = ${type}),
    'rules', ${rulesFor(tenantId, type)},
    'members', (SELECT COALESCE(jsonb_agg(to_jsonb(f)), '[]')
      FROM (SELECT ${memberColumns} FROM (${membersOf(tenantId, subject)}) m) f))`);
  return context as ReportContext; // an object is never NULL
}

function membersOf(tenantId: string, subject: SubjectKey): Prisma.Sql {
  const of = (condition: Prisma.Sql) =>
    Prisma.sql`SELECT * FROM "members" r WHERE r."tenantId" = ${tenantId}::uuid AND ${condition} AND r."deletedAt" IS NULL`;
  if ("authIdentifier" in subject) return of(Prisma.sql`r."authIdentifier" = ${subject.authIdentifier}`);
  const byId = Prisma.sql`r."id" = ${subject.memberId}::uuid`;
  if (!("anyOf" in subject)) return of(byId);
  const { anyOf } = subject;
  return of(Prisma.sql`(r."authIdentifier" = ${anyOf} OR r."accountNumber" = ${anyOf} OR ${byId})`);
}

export type NewEvent = {
  id: string;
  type: string;
  payload: object;
  externalId: string | null;
  occurredAt: Date;
};

export type EventPosition = { at: Date; id: string };

const eventColumns = Prisma.sql`e."id", e."memberId", e."type", e."payload", e."externalId", e."occurredAt", e."createdAt"`;

/** A page of a member's events, the latest first. */
export function listEventRows(query: {
  tenantId: string;
  memberId: string;
  before: EventPosition | null;
  limit: number;
}): Promise<EventRow[]> {
  const { tenantId, memberId, before, limit } = query;
  const isBefore = before
    ? Prisma.sql`AND (e."occurredAt", e."id") < (${before.at}::timestamptz, ${before.id}::uuid)`
    : Prisma.empty;
  return db().$queryRaw<EventRow[]>`
    SELECT ${eventColumns} FROM "events" e
    WHERE e."tenantId" = ${tenantId}::uuid AND e."memberId" = ${memberId}::uuid ${isBefore}
    ORDER BY e."occurredAt" DESC, e."id" DESC LIMIT ${limit}`;
}

/** An event with what came of it and who did it. */
export type ToldEventRow = EventRow & {
  /** What rules gave for it and was not taken back. */
  earnedPoints: number;
  takenPoints: number;
  member: { emailAddress: string | null; telephoneNumber: string | null; accountNumber: string };
};

/** Of one member, or of all. */
type EventsOf = { tenantId: string; memberId: string | null };
export type EventOrder = "occurredAt";

const toldColumns = Prisma.sql`${eventColumns},
  COALESCE((SELECT sum(a."points") FROM "rule_activations" a
    WHERE a."tenantId" = e."tenantId" AND a."eventId" = e."id" AND a."reversedAt" IS NULL), 0) AS "earnedPoints",
  COALESCE((SELECT v."takenPoints" FROM "event_reversals" v
    WHERE v."tenantId" = e."tenantId" AND v."eventId" = e."id"), 0) AS "takenPoints",
  (SELECT jsonb_build_object('emailAddress', m."emailAddress", 'telephoneNumber', m."telephoneNumber",
    'accountNumber', m."accountNumber") FROM "members" m
    WHERE m."tenantId" = e."tenantId" AND m."id" = e."memberId") AS "member"`;

// Written out, as the indexes of purchases are for this type alone.
const isPurchase = Prisma.sql`e."type" = 'PURCHASE'`;

function eventsOf({ tenantId, memberId }: EventsOf): Prisma.Sql {
  const isMembers = memberId === null ? Prisma.empty : Prisma.sql`AND e."memberId" = ${memberId}::uuid`;
  return Prisma.sql`FROM "events" e WHERE e."tenantId" = ${tenantId}::uuid ${isMembers}`;
}

function pageOfEvents(from: Prisma.Sql, page: PageOfEvents): Promise<NumberedRows<ToldEventRow>> {
  const { orderBy, ...slice } = page;
  // The id goes the way of the moment, so that an index gives both.
  const direction = Prisma.raw(orderBy[0]?.isAscending ? "ASC" : "DESC");
  return readNumberedRows({
    ...{ ...slice, row: "e", columns: toldColumns, from },
    orderBy: Prisma.sql`e."occurredAt" ${direction}, e."id" ${direction}`,
  });
}

type PageOfEvents = {
  offset: number;
  limit: number;
  orderBy: readonly { field: EventOrder; isAscending: boolean }[];
};

/** A page of what a member did, by its number. */
export function pageEventRows(
  owner: { tenantId: string; memberId: string },
  page: PageOfEvents,
): Promise<NumberedRows<ToldEventRow>> {
  return pageOfEvents(eventsOf(owner), page);
}

export function pagePurchaseRows(owner: EventsOf, page: PageOfEvents): Promise<NumberedRows<ToldEventRow>> {
  return pageOfEvents(Prisma.sql`${eventsOf(owner)} AND ${isPurchase}`, page);
}

export function findPurchaseRow(owner: EventsOf, eventId: string): Promise<ToldEventRow | null> {
  return askForJson(Prisma.sql`SELECT to_jsonb(f) FROM (
    SELECT ${toldColumns} ${eventsOf(owner)} AND ${isPurchase} AND e."id" = ${eventId}::uuid) f`);
}

/** An event of a member's own. */
export async function findEventRow(
  tenantId: string,
  memberId: string,
  eventId: string,
): Promise<EventRow | null> {
  const rows = await db().$queryRaw<EventRow[]>`
    SELECT ${eventColumns} FROM "events" e
    WHERE e."tenantId" = ${tenantId}::uuid AND e."id" = ${eventId}::uuid AND e."memberId" = ${memberId}::uuid`;
  return rows[0] ?? null;
}

/** The event and all that comes of it, in one statement: see the function. */
export async function reportEventRow(report: {
  tenantId: string;
  memberId: string;
  event: NewEvent;
  candidates: readonly CandidateRow[];
  key: KeyRow | null;
  at: Date;
}): Promise<CommandAnswer<EventResultRow>> {
  const command = Prisma.sql`SELECT laurel_functions.report_event(${JSON.stringify(report)}::jsonb)`;
  const answer = await retryingConflicts(() => askForJson<CommandAnswer<EventResultRow>>(command));
  return answer as CommandAnswer<EventResultRow>; // which it always gives
}

/** An event of Laurel's own, in the transaction of what it tells of. */
export async function insertEvent(
  tx: Tx,
  event: NewEvent & { tenantId: string; memberId: string; createdAt: Date },
): Promise<void> {
  await tx.event.create({ data: { ...event, payload: event.payload as Prisma.InputJsonObject } });
}

/** Whether the benefit was bought in this event, and not given by a rule for it. */
export async function isPurchaseOf(
  tx: Tx,
  tenantId: string,
  eventId: string,
  benefitId: string,
): Promise<boolean> {
  const where = { tenantId, id: eventId, type: "PURCHASED_REWARD", activations: { none: { benefitId } } };
  return (await tx.event.count({ where })) > 0;
}

export type ReversibleRow = {
  isReversed: boolean;
  /** Points that the event gave and that have become points, and how many of them have expired since. */
  givenPoints: number;
  expiredPoints: number;
  balancePoints: number;
  /** What it gave besides and that has not been used. */
  benefitIds: string[];
};

/** Whose event it is; null if there is none. */
export async function findEventMember(tx: Tx, tenantId: string, eventId: string): Promise<string | null> {
  const where = { tenantId_id: { tenantId, id: eventId } };
  return (await tx.event.findUnique({ where, select: { memberId: true } }))?.memberId ?? null;
}

/** What there is to take back; the caller holds the wallet. */
export async function readReversible(tx: Tx, tenantId: string, eventId: string): Promise<ReversibleRow> {
  const rows = await tx.$queryRaw<ReversibleRow[]>`
    SELECT EXISTS (SELECT 1 FROM "event_reversals" v WHERE v."tenantId" = e."tenantId" AND v."eventId" = e."id") AS "isReversed",
      COALESCE((SELECT sum(a."points") FROM "rule_activations" a
        WHERE a."tenantId" = e."tenantId" AND a."eventId" = e."id" AND a."entryId" IS NOT NULL), 0)::float8 AS "givenPoints",
      COALESCE((SELECT sum(s."points") FROM "rule_activations" a
        JOIN "point_lots" l ON l."tenantId" = a."tenantId" AND l."entryId" = a."entryId"
        JOIN "lot_spends" s ON s."tenantId" = l."tenantId" AND s."lotId" = l."id"
        JOIN "ledger_entries" x ON x."tenantId" = s."tenantId" AND x."id" = s."entryId" AND x."kind" = 'EXPIRY'
        WHERE a."tenantId" = e."tenantId" AND a."eventId" = e."id"), 0)::float8 AS "expiredPoints",
      (SELECT w."balancePoints" FROM "wallets" w
        WHERE w."tenantId" = e."tenantId" AND w."memberId" = e."memberId")::float8 AS "balancePoints",
      ARRAY(SELECT b."id" FROM "rule_activations" a
        JOIN "benefits" b ON b."tenantId" = a."tenantId" AND b."id" = a."benefitId"
        WHERE a."tenantId" = e."tenantId" AND a."eventId" = e."id" AND b."burnedAt" IS NULL AND b."cancelledAt" IS NULL
        ORDER BY b."rewardId") AS "benefitIds"
    FROM "events" e WHERE e."tenantId" = ${tenantId}::uuid AND e."id" = ${eventId}::uuid`;
  return rows[0] as ReversibleRow;
}

/** Takes the rules and rewards that taking an event back moves, and one more reward, in the one order: see the function. */
export async function holdReversible(
  tx: Tx,
  event: { tenantId: string; eventId: string; rewardId: string },
): Promise<void> {
  const { tenantId, eventId, rewardId } = event;
  await tx.$queryRaw`
    SELECT laurel_functions.hold_shared_rows(${tenantId}::uuid, COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'ruleId', a."ruleId", 'hasBudget', r."limits"->>'budgetPoints' IS NOT NULL, 'rewardId', b."rewardId"))), '[]'),
      ARRAY[${rewardId}::uuid])::text
    FROM "rule_activations" a
    JOIN "rules" r ON r."tenantId" = a."tenantId" AND r."id" = a."ruleId"
    LEFT JOIN "benefits" b ON b."tenantId" = a."tenantId" AND b."id" = a."benefitId"
    WHERE a."tenantId" = ${tenantId}::uuid AND a."eventId" = ${eventId}::uuid`;
}

/** Marks an event and all it gave as taken back: pending points are dropped, limits and budgets get back what it used. */
export async function reverseEventRows(
  tx: Tx,
  reversal: {
    tenantId: string;
    memberId: string;
    eventId: string;
    comment: string;
    takenPoints: number;
    shortfallPoints: number;
    at: Date;
  },
): Promise<void> {
  const { tenantId, memberId, eventId, at } = reversal;
  await tx.eventReversal.create({
    data: {
      ...{ tenantId, eventId, comment: reversal.comment, createdAt: at },
      takenPoints: BigInt(reversal.takenPoints),
      shortfallPoints: BigInt(reversal.shortfallPoints),
    },
  });
  await tx.$executeRaw`
    WITH "dropped" AS (
      UPDATE "pending_points" p SET "settledAt" = ${at}
      WHERE p."tenantId" = ${tenantId}::uuid AND p."memberId" = ${memberId}::uuid AND p."eventId" = ${eventId}::uuid
        AND p."settledAt" IS NULL
      RETURNING p."points"
    )
    UPDATE "wallets" w SET "pendingPoints" = w."pendingPoints" - (SELECT COALESCE(sum("points"), 0) FROM "dropped")
    WHERE w."tenantId" = ${tenantId}::uuid AND w."memberId" = ${memberId}::uuid`;
  await tx.$queryRaw`SELECT laurel_functions.note_next_unlock(${tenantId}::uuid, ${memberId}::uuid)::text`;
  // In the one order in which rows that members share are taken: an UPDATE alone takes them as it finds them.
  await tx.$queryRaw`
    SELECT FROM "rules" r WHERE r."tenantId" = ${tenantId}::uuid AND r."limits"->>'budgetPoints' IS NOT NULL
      AND r."id" IN (SELECT "ruleId" FROM "rule_activations"
        WHERE "tenantId" = ${tenantId}::uuid AND "eventId" = ${eventId}::uuid AND "points" IS NOT NULL)
    ORDER BY r."id" FOR NO KEY UPDATE OF r`;
  await tx.$executeRaw`
    UPDATE "rules" r SET "budgetUsedPoints" = GREATEST(0, r."budgetUsedPoints" - a."points")
    FROM (SELECT "ruleId", "points" FROM "rule_activations"
      WHERE "tenantId" = ${tenantId}::uuid AND "eventId" = ${eventId}::uuid AND "points" IS NOT NULL) a
    WHERE r."tenantId" = ${tenantId}::uuid AND r."id" = a."ruleId" AND r."limits"->>'budgetPoints' IS NOT NULL`;
  await tx.$executeRaw`
    UPDATE "rule_activations" SET "reversedAt" = ${at}
    WHERE "tenantId" = ${tenantId}::uuid AND "eventId" = ${eventId}::uuid AND "reversedAt" IS NULL`;
}
