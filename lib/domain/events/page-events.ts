/** What members did, in pages with numbers, each event with what came of it; and the purchases among them. */
import {
  type EventOrder,
  findPurchaseRow,
  pageEventRows,
  pagePurchaseRows,
  type ToldEventRow,
} from "#lib/db/events.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { eventOf, type MemberEvent } from "#lib/domain/events/event.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import type { NumberedPage, NumberedPageQuery } from "#lib/domain/numbered-page.ts";

export type ToldEvent = MemberEvent & {
  earnedPoints: number;
  /** Where it was taken back. */
  takenPoints: number;
  member: { emailAddress: string | null; telephoneNumber: string | null; accountNumber: string };
};

/** What a purchase in a shop is reported as. */
export const purchaseType = "PURCHASE";

export async function pageEvents(
  tenantId: TenantId,
  memberId: MemberId,
  query: NumberedPageQuery<EventOrder>,
): Promise<NumberedPage<ToldEvent>> {
  const { rows, total } = await pageEventRows({ tenantId, memberId }, query);
  return { items: rows.map(toldEventOf), total };
}

/** `memberId` null: everybody's. */
export async function pagePurchases(
  tenantId: TenantId,
  memberId: MemberId | null,
  query: NumberedPageQuery<EventOrder>,
): Promise<NumberedPage<ToldEvent>> {
  const { rows, total } = await pagePurchaseRows({ tenantId, memberId }, query);
  return { items: rows.map(toldEventOf), total };
}

/** Refuses `not_found`, for another member's too unless `memberId` is null. */
export async function getPurchase(
  tenantId: TenantId,
  memberId: MemberId | null,
  eventId: string,
): Promise<ToldEvent> {
  const row = isUuid(eventId) ? await findPurchaseRow({ tenantId, memberId }, eventId) : null;
  if (!row) throw new DomainError("not_found");
  return toldEventOf(row);
}

function toldEventOf({ earnedPoints, takenPoints, member, ...row }: ToldEventRow): ToldEvent {
  return { ...eventOf(row), earnedPoints: Number(earnedPoints), takenPoints: Number(takenPoints), member };
}
