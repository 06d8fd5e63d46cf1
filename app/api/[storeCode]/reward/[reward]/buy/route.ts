import { answerPurchase } from "#lib/http/open-loyalty/reward-calls.ts";
import { memberRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/reward/{reward}/buy: the member buys a reward. */
export const POST = memberRoute(answerPurchase);
