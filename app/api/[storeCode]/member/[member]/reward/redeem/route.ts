import { answerCouponUse } from "#lib/http/open-loyalty/reward-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/{member}/reward/redeem: uses a coupon up. */
export const POST = callerRoute(answerCouponUse);
