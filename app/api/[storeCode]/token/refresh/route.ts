import { storeRoute } from "#lib/http/open-loyalty/route.ts";
import { answerRefresh } from "#lib/http/open-loyalty/token-calls.ts";

/** POST /api/{storeCode}/token/refresh: a member's next tokens. */
export const POST = storeRoute((request, tenant) => answerRefresh(request, { kind: "member", tenant }));
