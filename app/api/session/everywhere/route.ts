import { signOutEverywhere } from "#lib/domain/sessions/end-session.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { requireSignedIn } from "#lib/http/member-session.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { readCookieCredentials, signedOutAnswer } from "#lib/http/session-cookie.ts";

/** DELETE /api/session/everywhere: the signed-in member signs out wherever it is signed in, also here. */
export const DELETE = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { session } = await requireSignedIn(request, tenant);
  const redirectTo = await findProviderSignOut(tenant, await readCookieCredentials(request.headers));
  await signOutEverywhere(tenant.id, session.member.id);
  return signedOutAnswer(request, tenant, redirectTo);
});
