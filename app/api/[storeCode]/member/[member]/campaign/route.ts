import { answerCampaigns } from "#lib/http/open-loyalty/activity-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/{member}/campaign: what earns points now. */
export const GET = callerRoute(answerCampaigns);
