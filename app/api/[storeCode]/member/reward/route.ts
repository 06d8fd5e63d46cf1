import { answerRewards } from "#lib/http/open-loyalty/reward-calls.ts";
import { memberRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/reward: what the member can have. */
export const GET = memberRoute(answerRewards);
