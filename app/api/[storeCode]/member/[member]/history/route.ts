import { answerHistory } from "#lib/http/open-loyalty/activity-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/{member}/history: what happened to a member. */
export const GET = callerRoute(answerHistory);
