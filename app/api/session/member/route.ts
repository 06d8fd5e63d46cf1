import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { requireSignedIn } from "#lib/http/member-session.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { readCookieCredentials, signedOutAnswer } from "#lib/http/session-cookie.ts";

/** DELETE /api/session/member: the signed-in member leaves the programme. */
export const DELETE = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { session } = await requireSignedIn(request, tenant);
  const redirectTo = await findProviderSignOut(tenant, await readCookieCredentials(request.headers));
  await eraseMember(tenant.id, session.member.id);
  return signedOutAnswer(request, tenant, redirectTo);
});
