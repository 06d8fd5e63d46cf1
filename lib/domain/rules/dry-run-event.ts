/** What an event would give, rule by rule, and why or why not; nothing happens. */
import { now } from "#lib/config/clock.ts";
import { readReportContext } from "#lib/db/events.ts";
import { findProblemWithHandingOut } from "#lib/db/rewards.ts";
import { type CandidateRow, countActivations } from "#lib/db/rules.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { problemWithPayload } from "#lib/domain/events/event-type-schema.ts";
import { isIntrinsic } from "#lib/domain/events/intrinsic-event-types.ts";
import { oneOf } from "#lib/domain/events/report-event.ts";
import { isUuid, type MemberId, type RuleId, type TenantId } from "#lib/domain/ids.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { type Evaluated, evaluateRules } from "#lib/domain/rules/evaluate-rules.ts";

export type DryRunEvent = {
  tenantId: TenantId;
  type: string;
  payload: Readonly<Record<string, unknown>>;
  /** A member's id, account number or authIdentifier. */
  subject: string;
  occurredAt: Date | null;
};

/** In the order in which rules give. `reason` is a sentence about why it fires, or why not. */
export type DryRunLine = { ruleId: RuleId; ruleName: string; reason: string } & (
  | { fires: true; gives: { points: number; pendingDays: number } | { rewardId: string } }
  | { fires: false }
);

/** Refuses `event_type_not_found`, `member_not_found`, and `invalid_input` for a payload that its schema refuses. */
export async function dryRunEvent(query: DryRunEvent): Promise<DryRunLine[]> {
  const { tenantId, type, payload, subject } = query;
  const memberId = isUuid(subject) ? subject : null;
  const context = await readReportContext(tenantId, type, { anyOf: subject, memberId });
  if (!isIntrinsic(type) && !context.eventType?.isActive) throw new DomainError("event_type_not_found");
  const problem = problemWithPayload(context.eventType?.schema ?? null, payload);
  if (problem) throw invalidInput({ [problem.path]: problem.message });

  const member = memberOf(oneOf(context.members, subject));
  const occurredAt = query.occurredAt ?? now();
  const evaluated = evaluateRules(context.rules, { payload, occurredAt }, member);
  const lines: DryRunLine[] = [];
  for (const each of evaluated) lines.push(await lineOf(tenantId, member.id, each, lines));
  return lines;
}

/** `before` are the lines of the rules that give before it. */
async function lineOf(
  tenantId: TenantId,
  memberId: MemberId,
  each: Evaluated,
  before: readonly DryRunLine[],
): Promise<DryRunLine> {
  const { rule } = each;
  const line = { ruleId: rule.id, ruleName: rule.name };
  if ("problem" in each) return { ...line, fires: false, reason: each.problem };
  const { candidate } = each;
  const problem =
    (await problemWithLimit(tenantId, memberId, candidate)) ??
    problemWithBudget(each) ??
    (await problemWithReward(tenantId, memberId, candidate, before));
  if (problem) return { ...line, fires: false, reason: problem };

  if ("rewardId" in candidate) {
    const gives = { rewardId: candidate.rewardId };
    return { ...line, fires: true, reason: "Its conditions are met: it gives a reward.", gives };
  }
  const { points, pendingDays } = candidate;
  const wait = pendingDays > 0 ? `, which wait ${pendingDays} days` : "";
  const reason = `Its conditions are met: it gives ${points} points${wait}.`;
  return { ...line, fires: true, reason, gives: { points, pendingDays } };
}

async function problemWithLimit(
  tenantId: TenantId,
  memberId: MemberId,
  { ruleId, limit }: CandidateRow,
): Promise<string | null> {
  if (!limit) return null;
  const [from, to] = [limit.from, limit.to].map((text) => (text === null ? null : new Date(text)));
  const query = { tenantId, memberId, ruleId, from: from ?? null, to: to ?? null, timesMax: limit.times };
  const times = await countActivations(query);
  return times < limit.times
    ? null
    : `This member has had it ${times} of ${limit.times} times in this period.`;
}

function problemWithBudget({ rule, ...outcome }: Evaluated): string | null {
  const budgetPoints = rule.limits?.budgetPoints;
  const points = "candidate" in outcome && "points" in outcome.candidate ? outcome.candidate.points : 0;
  if (!budgetPoints || rule.budgetUsedPoints + points <= budgetPoints) return null;
  return `It would give ${points} points, and ${budgetPoints - rule.budgetUsedPoints} are left in its budget.`;
}

const rewardProblems: Readonly<Record<string, string>> = {
  reward_limit_reached: "This member has had the reward as often as one member may.",
  reward_out_of_stock: "The reward is sold out.",
};

async function problemWithReward(
  tenantId: TenantId,
  memberId: MemberId,
  candidate: CandidateRow,
  before: readonly DryRunLine[],
): Promise<string | null> {
  if (!("rewardId" in candidate)) return null;
  const { rewardId } = candidate;
  const promisedCount = before.filter(
    (line) => line.fires && "rewardId" in line.gives && line.gives.rewardId === rewardId,
  ).length;
  const problem = await findProblemWithHandingOut(tenantId, rewardId, memberId, promisedCount);
  return problem && (rewardProblems[problem] ?? problem);
}
