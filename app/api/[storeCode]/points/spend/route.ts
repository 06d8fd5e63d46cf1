import { answerPointsSpent } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/points/spend: takes points from a member. */
export const POST = adminRoute(answerPointsSpent);
