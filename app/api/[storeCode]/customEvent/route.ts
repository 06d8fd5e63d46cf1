import { answerCustomEvent } from "#lib/http/open-loyalty/admin-calls.ts";
import { adminRoute } from "#lib/http/open-loyalty/route.ts";

/** POST /api/{storeCode}/customEvent: something that a member did. */
export const POST = adminRoute(answerCustomEvent);
