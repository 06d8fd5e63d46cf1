import { listEvents } from "#lib/domain/events/list-events.ts";
import { momentCursor, readMomentCursor } from "#lib/http/schemas/cursor.ts";
import { eventJson, eventReportJson } from "#lib/http/schemas/event.ts";
import { listMyEvents, reportEvent } from "#lib/http/user-api/operations.ts";
import { reportFrom } from "#lib/http/user-api/report-from.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/events: a member, a server or an admin reports an event. */
export const POST = userApiRoute(reportEvent, async ({ tenant, caller, body, key }) => {
  const report = await reportFrom(tenant, caller, body, key);
  return { data: eventReportJson(report), isReplay: report.isReplay };
});

/** GET /v1/events: the member's own activity. */
export const GET = userApiRoute(listMyEvents, async (call) => {
  const { limit, cursor } = call.query;
  const { id: memberId } = await memberOfCall(call);
  const before = readMomentCursor(cursor);
  const { items, next } = await listEvents(call.tenant.id, memberId, { before, limit });
  return { data: items.map(eventJson), nextCursor: momentCursor(next) };
});
