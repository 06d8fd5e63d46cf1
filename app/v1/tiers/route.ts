import { listTiersOf } from "#lib/domain/tiers/list-tiers.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { listTiers } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/tiers. */
export const GET = userApiRoute(listTiers, async ({ tenant, query: { limit, cursor } }) => {
  const { items, next } = listTiersOf(tenant, { before: readIdCursor(cursor), limit });
  return { data: items, nextCursor: idCursor(next) };
});
