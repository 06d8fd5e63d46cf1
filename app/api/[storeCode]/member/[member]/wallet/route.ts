import { answerWallets } from "#lib/http/open-loyalty/member-calls.ts";
import { callerRoute } from "#lib/http/open-loyalty/route.ts";

/** GET /api/{storeCode}/member/{member}/wallet: the balances by their other names. */
export const GET = callerRoute(answerWallets);
