import { getEvent } from "#lib/domain/events/list-events.ts";
import { eventJson } from "#lib/http/schemas/event.ts";
import { getMyEvent } from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/events/{id}: one event of the member's own. */
export const GET = userApiRoute(getMyEvent, async (call) => {
  const { id: memberId } = await memberOfCall(call);
  return { data: eventJson(await getEvent(call.tenant.id, memberId, call.id)) };
});
