import { deploymentRoute } from "#lib/http/open-loyalty/route.ts";
import { answerRefresh } from "#lib/http/open-loyalty/token-calls.ts";

/** POST /api/token/refresh: an admin's next tokens. */
export const POST = deploymentRoute((request) => answerRefresh(request, { kind: "admin" }));
