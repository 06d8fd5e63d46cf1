import { reportEvents } from "#lib/http/user-api/operations.ts";
import { reportBatch } from "#lib/http/user-api/report-from.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/events/batch: a server or an admin reports many. */
export const POST = userApiRoute(reportEvents, async ({ tenant, caller, body }) => ({
  data: { results: await reportBatch(tenant, caller, body.events) },
}));
