import { answerTransactions } from "#lib/http/open-loyalty/activity-calls.ts";
import { answerNewTransaction } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute, callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/transaction: purchases in the shop, a member's own or all. */
export const GET = callerRoute(answerTransactions);

/** POST /api/{storeCode}/transaction: a member has bought something. */
export const POST = adminRoute(answerNewTransaction);
