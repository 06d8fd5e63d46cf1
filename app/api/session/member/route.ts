/** /api/session/member: the signed-in member itself, from the microsite's own pages. */
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAsActivity, requireSignedIn } from "#lib/http/member-session.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { memberJson, ownChangeInput } from "#lib/http/schemas/member.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { readCookieCredentials, signedOutAnswer } from "#lib/http/session-cookie.ts";

/** PATCH /api/session/member: changes its profile. */
export const PATCH = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { profile } = parseInput(ownChangeInput, await readJsonBody(request));
  const { session } = await requireSignedIn(request, tenant);
  const own = { tenantId: tenant.id, memberId: session.member.id, isOwn: true };
  const member = await updateMember({ ...own, change: { profile } });
  await countAsActivity(request, tenant);
  return jsend.success(memberJson(member));
});

/** DELETE /api/session/member: leaves the programme. */
export const DELETE = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { session } = await requireSignedIn(request, tenant);
  const redirectTo = await findProviderSignOut(tenant, await readCookieCredentials(request.headers));
  await eraseMember(tenant.id, session.member.id);
  return signedOutAnswer(request, tenant, redirectTo);
});
