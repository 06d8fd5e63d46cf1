import { endOtherSession } from "#lib/domain/sessions/end-session.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAsActivity, requireSignedIn } from "#lib/http/member-session.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";

/** DELETE /api/session/others/{id}: the signed-in member signs out somewhere else. */
export const DELETE = hostRoute(async (request, tenant, id) => {
  requireSameOrigin(request);
  const { session } = await requireSignedIn(request, tenant);
  await endOtherSession(tenant.id, session, id);
  await countAsActivity(request, tenant);
  return jsend.success({});
});
