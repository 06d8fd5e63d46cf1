import type { EventResultRow, EventRow } from "#lib/db/events.ts";
import type { ReactionRow } from "#lib/db/rules.ts";
import type { BenefitId, EventId, MemberId, RuleId } from "#lib/domain/ids.ts";
import type { Once } from "#lib/domain/once.ts";

/** Something a member did. */
export type MemberEvent = {
  id: EventId;
  type: string;
  memberId: MemberId;
  payload: Readonly<Record<string, unknown>>;
  externalId: string | null;
  occurredAt: Date;
  createdAt: Date;
};

/** What a rule gave for it. */
type Reaction = { ruleId: RuleId; ruleName: string } & (
  | { type: "POINTS"; points: number }
  | { type: "REWARD"; benefitId: BenefitId }
);

/**
 * A reported event with all that came of it. `isKnown`: its externalId had been reported before, and this is the first
 * event; `isReplay`: the call itself had been answered before.
 */
export type EventReport = {
  event: MemberEvent;
  reactions: Reaction[];
  balancePoints: number;
  isKnown: boolean;
  isReplay: boolean;
};

export function eventReportOf({ result, isReplay }: Once<EventResultRow>): EventReport {
  const { event, reactions, balancePoints, isKnown } = result;
  return { event: eventOf(event), reactions: reactions.map(reactionOf), balancePoints, isKnown, isReplay };
}

export function eventOf(row: EventRow): MemberEvent {
  return {
    id: row.id as EventId,
    type: row.type,
    memberId: row.memberId as MemberId,
    payload: row.payload,
    externalId: row.externalId,
    occurredAt: new Date(row.occurredAt),
    createdAt: new Date(row.createdAt),
  };
}

function reactionOf({ type, ruleId, ruleName, points = 0, benefitId }: ReactionRow): Reaction {
  const rule = { ruleId: ruleId as RuleId, ruleName };
  return type === "POINTS" ? { ...rule, type, points } : { ...rule, type, benefitId: benefitId as BenefitId };
}
