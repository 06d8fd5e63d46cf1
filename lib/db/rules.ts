import { db, Prisma, type Tx } from "#lib/db/client.ts";

/** A rule as JSON, and the reward that it gives. */
export type RuleRow = {
  id: string;
  name: string;
  eventType: string;
  conditions: unknown;
  effect: unknown;
  limits: unknown;
  startsAt: string | null;
  endsAt: string | null;
  priority: number;
  pendingDays: number;
  budgetUsedPoints: number;
  rewardId: string | null;
  rewardCodeType: string | null;
  rewardCodePattern: string | null;
};

/** What a rule would give for an event, before its limit, budget and stock are looked at under the locks. */
export type CandidateRow = {
  ruleId: string;
  ruleName: string;
  hasBudget: boolean;
  /** At most so many times from `from` (null: ever) to `to`. */
  limit: { times: number; from: string | null; to: string | null } | null;
} & ({ points: number; pendingDays: number } | { rewardId: string; codes: readonly string[] });

export type ReactionRow = {
  type: "POINTS" | "REWARD";
  ruleId: string;
  ruleName: string;
  points?: number;
  benefitId?: string;
};

/** RuleRow[] of the active rules that listen to a type of event. */
export function rulesFor(tenantId: string, eventType: string): Prisma.Sql {
  return Prisma.sql`laurel_functions.rules_for(${tenantId}::uuid, ${eventType})`;
}

export async function listRulesFor(tx: Tx, tenantId: string, eventType: string): Promise<RuleRow[]> {
  const rows = await tx.$queryRaw<{ rules: RuleRow[] }[]>`SELECT ${rulesFor(tenantId, eventType)} AS "rules"`;
  return rows[0]?.rules ?? [];
}

/** Takes the rules and rewards that members share, in their one order: see the function. */
export async function holdSharedRows(
  tx: Tx,
  tenantId: string,
  candidates: readonly CandidateRow[],
): Promise<void> {
  await tx.$queryRaw`
    SELECT laurel_functions.hold_shared_rows(${tenantId}::uuid, ${JSON.stringify(candidates)}::jsonb, '{}')::text`;
}

/** Gives what the candidates give; the caller holds the wallet. */
export async function reactTo(
  tx: Tx,
  event: {
    tenantId: string;
    memberId: string;
    eventId: string;
    occurredAt: Date;
    candidates: readonly CandidateRow[];
    at: Date;
  },
): Promise<ReactionRow[]> {
  const { tenantId, memberId, eventId, occurredAt, at } = event;
  const candidates = JSON.stringify(event.candidates);
  await holdSharedRows(tx, tenantId, event.candidates);
  const rows = await tx.$queryRaw<{ reactions: ReactionRow[] }[]>`
    SELECT laurel_functions.react(${tenantId}::uuid, ${memberId}::uuid, ${eventId}::uuid, ${occurredAt}::timestamptz,
      ${candidates}::jsonb, ${at}::timestamptz) AS "reactions"`;
  return rows[0]?.reactions ?? [];
}

/** How often a rule fired for a member from `from` to `to`, counted up to `timesMax`. */
export async function countActivations(query: {
  tenantId: string;
  memberId: string;
  ruleId: string;
  from: Date | null;
  to: Date | null;
  timesMax: number;
}): Promise<number> {
  const { tenantId, memberId, ruleId, from, to, timesMax } = query;
  return db().ruleActivation.count({
    where: {
      ...{ tenantId, memberId, ruleId, reversedAt: null },
      occurredAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
    },
    take: timesMax,
  });
}

export type OfferedRuleRow = { id: string; name: string; limits: unknown };

/** The rules that are in force at `at`, first those that come first. They are few, and no history. */
export function listOfferedRules(tenantId: string, at: Date): Promise<OfferedRuleRow[]> {
  return db().$queryRaw<OfferedRuleRow[]>`
    SELECT r."id", r."name", r."limits" FROM "rules" r
    WHERE r."tenantId" = ${tenantId}::uuid AND r."isActive" AND (r."startsAt" IS NULL OR r."startsAt" <= ${at})
      AND (r."endsAt" IS NULL OR r."endsAt" > ${at})
    ORDER BY r."priority" DESC, r."id"`;
}

/** How often each of these rules fired for a member in its period, counted up to its limit. */
export async function countManyActivations(
  tenantId: string,
  memberId: string,
  limits: readonly { ruleId: string; from: Date | null; to: Date | null; times: number }[],
): Promise<{ ruleId: string; times: number }[]> {
  return db().$queryRaw<{ ruleId: string; times: number }[]>`
    SELECT l."ruleId", (SELECT count(*)::int FROM (
      SELECT 1 FROM "rule_activations" a
      WHERE a."tenantId" = ${tenantId}::uuid AND a."memberId" = ${memberId}::uuid AND a."ruleId" = l."ruleId"
        AND a."reversedAt" IS NULL AND a."occurredAt" >= COALESCE(l."from", '-infinity')
        AND a."occurredAt" < COALESCE(l."to", 'infinity') LIMIT l."times") c) AS "times"
    FROM jsonb_to_recordset(${JSON.stringify(limits)}::jsonb)
      AS l("ruleId" uuid, "from" timestamptz, "to" timestamptz, "times" int)`;
}
