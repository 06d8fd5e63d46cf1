import { updateMember } from "#lib/domain/members/update-member.ts";
import { memberJson } from "#lib/http/schemas/member.ts";
import { changeMe, getMe } from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/users/me. */
export const GET = userApiRoute(getMe, async (call) => ({ data: memberJson(await memberOfCall(call)) }));

/** PATCH /v1/users/me: a member changes its own profile. */
export const PATCH = userApiRoute(changeMe, async (call) => {
  const { id: memberId } = await memberOfCall(call);
  const change = { profile: call.body.profile };
  const member = await updateMember({ tenantId: call.tenant.id, memberId, change, isOwn: true });
  return { data: memberJson(member) };
});
