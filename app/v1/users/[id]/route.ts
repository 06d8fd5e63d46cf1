import { eraseMember } from "#lib/domain/members/erase-member.ts";
import { getMember } from "#lib/domain/members/find-members.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { memberJson } from "#lib/http/schemas/member.ts";
import { changeUser, deleteUser, getUser } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/users/{id}: an admin looks at a member. */
export const GET = userApiRoute(getUser, async ({ tenant, id }) => ({
  data: memberJson(await getMember(tenant.id, id)),
}));

/** PATCH /v1/users/{id}: an admin changes a member. */
export const PATCH = userApiRoute(changeUser, async ({ tenant, id, body: change }) => {
  const { id: memberId } = await getMember(tenant.id, id);
  return { data: memberJson(await updateMember({ tenantId: tenant.id, memberId, change, isOwn: false })) };
});

/** DELETE /v1/users/{id}: an admin erases a member. */
export const DELETE = userApiRoute(deleteUser, async ({ tenant, id }) => {
  const { id: memberId } = await getMember(tenant.id, id);
  await eraseMember(tenant.id, memberId);
  return { data: { id: memberId } };
});
