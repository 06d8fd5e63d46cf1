import { answerStatus } from "#lib/http/open-loyalty/member-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/{member}/status: balances, and the way to the next level. */
export const GET = callerRoute(answerStatus);
