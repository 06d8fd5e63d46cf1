import { listRewards } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";
import { shelfPage } from "#lib/http/user-api/shelf-page.ts";

/** GET /v1/rewards: what points buy; with a user's token, how each stands for that member. */
export const GET = userApiRoute(listRewards, (call) => shelfPage(call, null));
