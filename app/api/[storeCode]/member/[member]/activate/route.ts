import { answerActivation } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/{member}/activate: lets a member in. */
export const POST = adminRoute(answerActivation);
