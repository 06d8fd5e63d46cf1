import { reverseEvent } from "#lib/domain/events/reverse-event.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/reverse_event: an admin takes back what an event gave. */
export const POST = userApiRoute(operations.reverseEvent, async ({ tenant, caller, body, key }) => {
  const { eventId, takenPoints, shortfallPoints, balancePoints, isReplay } = await reverseEvent({
    ...{ tenantId: tenant.id, ...body, key: key(`admin:${caller.admin.id}`) },
  });
  const data = { eventId, takenPoints, shortfallPoints, wallet: { points: balancePoints } };
  return { data, isReplay };
});
