import { createMember } from "#lib/domain/members/create-member.ts";
import { listMembers } from "#lib/domain/members/find-members.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { memberJson } from "#lib/http/schemas/member.ts";
import { createUser, listUsers } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/users: an admin finds members. */
export const GET = userApiRoute(listUsers, async ({ tenant, query: { limit, cursor, ...filter } }) => {
  const { items, next } = await listMembers(tenant.id, filter, { before: readIdCursor(cursor), limit });
  return { data: items.map(memberJson), nextCursor: idCursor(next) };
});

/** POST /v1/users: an admin makes a member. */
export const POST = userApiRoute(createUser, async ({ tenant, body }) => {
  return { data: memberJson(await createMember({ tenantId: tenant.id, ...body })) };
});
