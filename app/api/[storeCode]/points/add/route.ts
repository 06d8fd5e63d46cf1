import { answerPointsAdded } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/points/add: gives a member points. */
export const POST = adminRoute(answerPointsAdded);
