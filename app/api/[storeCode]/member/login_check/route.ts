import { storeRoute } from "#lib/http/open-loyalty/route.ts";
import { answerLogin } from "#lib/http/open-loyalty/token-calls.ts";

/** POST /api/{storeCode}/member/login_check: a member's tokens. */
export const POST = storeRoute((request, tenant) => answerLogin(request, { kind: "member", tenant }));
