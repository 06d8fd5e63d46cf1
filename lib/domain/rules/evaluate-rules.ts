/**
 * Which rules an event fires, and what each would give. What other events have used up already (limits, budgets, stocks) is
 * decided later, under the locks: `laurel_functions.react`.
 */
import type { CandidateRow, RuleRow } from "#lib/db/rules.ts";
import { invalidInput } from "#lib/domain/errors.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { drawCodes } from "#lib/domain/rewards/draw-codes.ts";
import { type Facts, problemWithConditions } from "#lib/domain/rules/condition.ts";
import { periodAround } from "#lib/domain/rules/period.ts";
import { pointsOfEffect } from "#lib/domain/rules/points-of-effect.ts";
import { type Rule, ruleOf } from "#lib/domain/rules/rule.ts";

type Happening = { payload: Readonly<Record<string, unknown>>; occurredAt: Date };

type Outcome = { candidate: CandidateRow } | { problem: string; isOverflow?: true };

/** A rule beside an event: what it would give, or the sentence that says why nothing. */
export type Evaluated = { rule: Rule } & Outcome;

/** What of a member conditions can look at. */
export type MemberFacts = Pick<
  Member,
  "authIdentifier" | "accountNumber" | "profile" | "attributes" | "flags"
>;

/** The rules in the order in which they give. */
export function evaluateRules(rows: readonly RuleRow[], event: Happening, member: MemberFacts): Evaluated[] {
  const { profile, ...rest } = member;
  const facts: Facts = { payload: event.payload, member: { ...profile, ...rest } };
  return rows.map(ruleOf).map((rule) => ({ rule, ...evaluate(rule, event, facts) }));
}

/** Of those, the ones that fire. */
export function candidatesOf(evaluated: readonly Evaluated[]): CandidateRow[] {
  return evaluated.flatMap((each) => ("candidate" in each ? [each.candidate] : []));
}

/** Refuses `invalid_input` where a rule would give more than points can be. */
export function refuseOverflow(evaluated: readonly Evaluated[]): void {
  for (const each of evaluated) {
    if ("problem" in each && each.isOverflow) throw invalidInput({ payload: each.problem });
  }
}

function evaluate(rule: Rule, { occurredAt }: Happening, facts: Facts): Outcome {
  const { startsAt, endsAt, effect, reward, limits } = rule;
  if (startsAt && occurredAt < startsAt) return { problem: `It starts at ${startsAt.toISOString()}.` };
  if (endsAt && occurredAt >= endsAt) return { problem: `It ended at ${endsAt.toISOString()}.` };
  const unmet = problemWithConditions(rule.conditions, facts);
  if (unmet) return { problem: unmet };

  const { times, period } = limits?.perMember ?? {};
  const around = period === undefined ? null : periodAround(period, occurredAt);
  const common = {
    ruleId: rule.id,
    ruleName: rule.name,
    hasBudget: Boolean(limits?.budgetPoints),
    limit:
      times === undefined
        ? null
        : { times, from: around?.from.toISOString() ?? null, to: around?.to.toISOString() ?? null },
  };
  if (effect.type === "REWARD") {
    if (!reward) return { problem: `The reward ${effect.reward} is archived.` };
    return { candidate: { ...common, rewardId: reward.id, codes: drawCodes(reward.codePattern) } };
  }
  const given = pointsOfEffect(effect, facts);
  if ("overflow" in given) {
    return { problem: `The rule "${rule.name}" would give more than 2^53 − 1 points.`, isOverflow: true };
  }
  if ("problem" in given) return given;
  return { candidate: { ...common, points: given.points, pendingDays: rule.pendingDays } };
}
