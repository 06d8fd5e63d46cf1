import type { Tx } from "#lib/db/client.ts";
import { insertEvent } from "#lib/db/events.ts";
import { findMemberRow } from "#lib/db/members.ts";
import { listRulesFor, reactTo } from "#lib/db/rules.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { IntrinsicEventType } from "#lib/domain/events/intrinsic-event-types.ts";
import { type EventId, type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { candidatesOf, evaluateRules, refuseOverflow } from "#lib/domain/rules/evaluate-rules.ts";

/**
 * Records an event of Laurel's own and gives what rules give for it, in the transaction of what it tells of. The caller
 * holds the member's wallet.
 */
export async function raiseEvent(
  tx: Tx,
  event: {
    tenantId: TenantId;
    memberId: MemberId;
    id?: EventId;
    type: IntrinsicEventType;
    payload: Readonly<Record<string, unknown>>;
    at: Date;
  },
): Promise<void> {
  const { tenantId, memberId, type, payload, at } = event;
  const eventId = event.id ?? newId<EventId>();
  const occurred = { type, payload, externalId: null, occurredAt: at, createdAt: at };
  await insertEvent(tx, { id: eventId, tenantId, memberId, ...occurred });

  const rules = await listRulesFor(tx, tenantId, type);
  if (rules.length === 0) return;
  const member = await findMemberRow(tenantId, memberId, tx);
  if (!member) throw new DomainError("member_not_found");
  const evaluated = evaluateRules(rules, { payload, occurredAt: at }, memberOf(member));
  refuseOverflow(evaluated);
  const candidates = candidatesOf(evaluated);
  if (candidates.length > 0) {
    await reactTo(tx, { tenantId, memberId, eventId, occurredAt: at, candidates, at });
  }
}
