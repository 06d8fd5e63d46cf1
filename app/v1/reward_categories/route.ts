import { listCategories } from "#lib/domain/rewards/list-rewards.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { listRewardCategories } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/reward_categories. */
export const GET = userApiRoute(listRewardCategories, async ({ tenant, query: { limit, cursor } }) => {
  const { items, next } = await listCategories(tenant.id, { before: readIdCursor(cursor), limit });
  return { data: items, nextCursor: idCursor(next) };
});
