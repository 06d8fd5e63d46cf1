import { answerTransaction } from "#lib/http/open-loyalty/activity-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/transaction/{transaction}: one purchase. */
export const GET = callerRoute(answerTransaction);
