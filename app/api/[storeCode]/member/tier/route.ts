import { answerTiers } from "#lib/http/open-loyalty/activity-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/tier: the programme's levels. */
export const GET = callerRoute(answerTiers);
