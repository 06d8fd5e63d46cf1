import { Decimal } from "decimal.js";

import { DomainError } from "#lib/domain/errors.ts";
import { purchaseType } from "#lib/domain/events/page-events.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import type { EventId, MemberId, TenantId } from "#lib/domain/ids.ts";

// A JSON number has at most 17 significant digits, between 10^-20 and 10^21 here: any few of them add up exactly.
const ExactDecimal = Decimal.clone({ precision: 64 });

type Item = Readonly<Record<string, unknown>> & { grossValue: number };

/**
 * A purchase in a shop, reported by who runs the programme: an event with what was bought, and with what it came to in exact
 * decimals. Refuses what `reportEvent` does, and `external_id_taken` for a document that is known, which earns nothing more.
 */
export async function reportPurchase(purchase: {
  tenantId: TenantId;
  memberId: MemberId;
  documentNumber: string;
  purchasedAt: Date;
  currency: string | null;
  items: readonly Item[];
}): Promise<EventId> {
  const { tenantId, memberId, documentNumber, purchasedAt, currency, items } = purchase;
  const total = items.reduce((sum, { grossValue }) => sum.plus(grossValue), new ExactDecimal(0)).toNumber();
  const payload = { total, ...(currency === null ? {} : { currency }), documentNumber, items };
  return reportNew({
    ...{ tenantId, memberId, type: purchaseType, payload, externalId: documentNumber },
    occurredAt: purchasedAt,
  });
}

/** An event that has to be new. Refuses what `reportEvent` does, and `external_id_taken` for one that is known. */
export async function reportNew(event: {
  tenantId: TenantId;
  memberId: MemberId;
  type: string;
  payload: Readonly<Record<string, unknown>>;
  externalId: string | null;
  occurredAt: Date;
}): Promise<EventId> {
  const { memberId, ...reported } = event;
  const report = await reportEvent({ ...reported, by: { kind: "admin" }, subject: memberId, key: null });
  if (report.isKnown) throw new DomainError("external_id_taken");
  return report.event.id;
}
