import { type EventPosition, findEventRow, listEventRows } from "#lib/db/events.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { eventOf, type MemberEvent } from "#lib/domain/events/event.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";

/** What a member did, and what Laurel noted of it, the latest first. */
export async function listEvents(
  tenantId: TenantId,
  memberId: MemberId,
  { before, limit }: PageQuery<EventPosition>,
): Promise<Page<MemberEvent, EventPosition>> {
  const rows = await listEventRows({ tenantId, memberId, before, limit: limit + 1 });
  return pageOf(rows, limit, eventOf, ({ occurredAt, id }) => ({ at: new Date(occurredAt), id }));
}

/** An event of the member's own. Refuses `not_found`. */
export async function getEvent(
  tenantId: TenantId,
  memberId: MemberId,
  eventId: string,
): Promise<MemberEvent> {
  const row = isUuid(eventId) ? await findEventRow(tenantId, memberId, eventId) : null;
  if (!row) throw new DomainError("not_found");
  return eventOf(row);
}
