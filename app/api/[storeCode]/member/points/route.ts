import { answerTransfers } from "#lib/http/open-loyalty/activity-calls.ts";
import { memberRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/points: how the member's points moved. */
export const GET = memberRoute(answerTransfers);
