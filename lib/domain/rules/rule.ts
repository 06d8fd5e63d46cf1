import type { RuleRow } from "#lib/db/rules.ts";
import type { RewardId, RuleId } from "#lib/domain/ids.ts";
import type { Conditions, Effect, Limits } from "#lib/domain/rules/rule-schema.ts";

/** Turns an event into points, or into a reward. */
export type Rule = {
  id: RuleId;
  name: string;
  conditions: Conditions;
  effect: Effect;
  limits: Limits;
  startsAt: Date | null;
  endsAt: Date | null;
  /** How long points wait before they can be spent, counted from the event. */
  pendingDays: number;
  budgetUsedPoints: number;
  /** What an effect of the type REWARD gives; null where it is archived. */
  reward: { id: RewardId; codePattern: string | null } | null;
};

/** What the database keeps of a rule was checked by `rule-schema.ts` before. */
export function ruleOf(row: RuleRow): Rule {
  return {
    id: row.id as RuleId,
    name: row.name,
    conditions: row.conditions as Conditions,
    effect: row.effect as Effect,
    limits: row.limits as Limits,
    startsAt: row.startsAt === null ? null : new Date(row.startsAt),
    endsAt: row.endsAt === null ? null : new Date(row.endsAt),
    pendingDays: row.pendingDays,
    budgetUsedPoints: row.budgetUsedPoints,
    reward:
      row.rewardId === null
        ? null
        : {
            id: row.rewardId as RewardId,
            codePattern: row.rewardCodeType === "GENERATED" ? row.rewardCodePattern : null,
          },
  };
}
