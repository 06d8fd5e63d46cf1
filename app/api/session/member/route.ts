/** /api/session/member: the signed-in member itself, from the microsite's own pages. */
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { findOwnAccount, leaveWithPassword } from "#lib/domain/accounts/change-account.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { findProviderSignOut } from "#lib/domain/sign-in/provider-sign-out.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAsActivity, requireSignedIn } from "#lib/http/member-session.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { leavingInput } from "#lib/http/schemas/account.ts";
import { memberJson, ownPageChangeInput } from "#lib/http/schemas/member.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { readCookieCredentials, signedOutAnswer } from "#lib/http/session-cookie.ts";

/** PATCH /api/session/member: changes its profile, or the language of its pages. */
export const PATCH = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const change = parseInput(ownPageChangeInput, await readJsonBody(request));
  const { session } = await requireSignedIn(request, tenant);
  const own = { tenantId: tenant.id, memberId: session.member.id, isOwn: true };
  const member = await updateMember({ ...own, change });
  await countAsActivity(request, tenant);
  return jsend.success({ ...memberJson(member), locale: member.locale });
});

/** DELETE /api/session/member: leaves the programme; who has a Laurel account says its password. */
export const DELETE = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const { session } = await requireSignedIn(request, tenant);
  const redirectTo = await findProviderSignOut(tenant, await readCookieCredentials(request.headers));
  if (hasAccounts(tenant) && (await findOwnAccount(tenant, session))) {
    const { currentPassword } = parseInput(leavingInput, await readJsonBody(request));
    await leaveWithPassword({ tenant, session, currentPassword, ...passwordTries(request, tenant) });
  } else {
    await eraseMember(tenant.id, session.member.id);
  }
  return signedOutAnswer(request, tenant, redirectTo);
});
