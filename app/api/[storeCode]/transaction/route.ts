import { answerTransactions } from "#lib/http/open-loyalty/activity-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/transaction: purchases in the shop, a member's own or all. */
export const GET = callerRoute(answerTransactions);
