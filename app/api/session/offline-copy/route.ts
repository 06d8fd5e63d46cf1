import { makeOfflineCopy } from "#app/_pwa/make-offline-copy.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { requireSignedIn } from "#lib/http/member-session.ts";
import { requireOwnSite } from "#lib/http/same-origin.ts";

/** GET /api/session/offline-copy: what the member's device may show without a network. Asking is no activity. */
export const GET = hostRoute(async (request, tenant) => {
  requireOwnSite(request);
  return jsend.success(await makeOfflineCopy(tenant, await requireSignedIn(request, tenant)));
});
