import { listCategories } from "#lib/domain/rewards/list-rewards.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { listRewardCategories } from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/reward_categories. */
export const GET = userApiRoute(listRewardCategories, async ({ tenant, caller, query }) => {
  const { limit, cursor } = query;
  if (caller.kind === "user") await memberOfCall({ tenant, caller }); // whoever says who they are has to be somebody
  const { items, next } = await listCategories(tenant.id, { before: readIdCursor(cursor), limit });
  return { data: items, nextCursor: idCursor(next) };
});
