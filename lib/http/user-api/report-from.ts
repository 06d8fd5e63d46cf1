/** Events from whoever may report them, one or many. */
import type { DomainError } from "#lib/domain/errors.ts";
import type { EventReport } from "#lib/domain/events/event.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import { asTokenMember } from "#lib/domain/members/token-member.ts";
import type { OnceKey } from "#lib/domain/once.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { type EventInput, eventInput } from "#lib/http/schemas/event.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import type { Callers } from "#lib/http/user-api/caller.ts";

/** One event; `key` is the call's, for whoever reports. */
export function reportFrom(
  tenant: Tenant,
  caller: Callers["reporter"],
  input: EventInput,
  key: (caller: string) => OnceKey | null,
): Promise<EventReport> {
  const { type, payload = {}, subject = null, externalId = null, occurredAt } = input;
  const event = {
    ...{ tenantId: tenant.id, type, payload, subject, externalId },
    occurredAt: occurredAt === undefined ? null : new Date(occurredAt),
  };
  switch (caller.kind) {
    case "user":
      return asTokenMember(tenant, caller.claims, (authIdentifier) =>
        reportEvent({
          ...{ ...event, by: { kind: "member", member: { authIdentifier } } },
          key: (memberId) => key(`member:${memberId}`),
        }),
      );
    case "server":
      return reportEvent({
        ...{ ...event, by: { kind: "server", eventTypeSecret: caller.eventTypeSecret } },
        key: () => key(`event-type:${type}`),
      });
    case "admin":
      return reportEvent({ ...event, by: { kind: "admin" }, key: () => key(`admin:${caller.admin.id}`) });
  }
}

type BatchResult = { index: number; eventId: string } | { index: number; code: string; message: string };

/**
 * Many events, one after the other, as limits count them. Each that is refused is told by its index. Where the database goes
 * away in between, what was reported before stays and is told, and the rest is not tried; refuses `database_unavailable`
 * where nothing was reported at all.
 */
export async function reportBatch(
  tenant: Tenant,
  caller: Callers["batchReporter"],
  events: readonly unknown[],
): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for (const [index, event] of events.entries()) {
    try {
      const input = parseInput(eventInput, event);
      const report = await reportFrom(tenant, caller, input, () => null);
      results.push({ index, eventId: report.event.id });
    } catch (error) {
      const refusal = refusalOf(error);
      results.push({ index, ...told(refusal) });
      if (refusal.code !== "database_unavailable") continue;
      if (!results.some((result) => "eventId" in result)) throw refusal;
      return [
        ...results,
        ...events.slice(index + 1).map((_, next) => ({ index: index + 1 + next, ...told(refusal) })),
      ];
    }
  }
  return results;
}

/** A refusal in one line: what is wrong with the input is named, as there is no other place for it. */
function told({ code, message, details }: DomainError): { code: string; message: string } {
  if (code !== "invalid_input") return { code, message };
  const fields = Object.entries(details.fields as Readonly<Record<string, string>>);
  return { code, message: fields.map(([field, problem]) => `${field}: ${problem}`).join(" ") };
}
