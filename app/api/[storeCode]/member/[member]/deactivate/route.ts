import { answerDeactivation } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/member/{member}/deactivate: keeps a member out. */
export const POST = adminRoute(answerDeactivation);
