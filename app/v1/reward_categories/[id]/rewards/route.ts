import { listRewardsOfCategory } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";
import { shelfPage } from "#lib/http/user-api/shelf-page.ts";

/** GET /v1/reward_categories/{id}/rewards: the rewards of one category. */
export const GET = userApiRoute(listRewardsOfCategory, (call) => shelfPage(call, call.id));
