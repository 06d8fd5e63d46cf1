import { answerBought } from "#lib/http/open-loyalty/reward-calls.ts";
import { memberRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/reward/bought: what the member has. */
export const GET = memberRoute(answerBought);
