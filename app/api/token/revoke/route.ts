import { deploymentRoute } from "#lib/http/open-loyalty/route.ts";
import { answerRevoke } from "#lib/http/open-loyalty/token-calls.ts";

/** GET /api/token/revoke: ends every refresh token of the member or admin who calls. */
export const GET = deploymentRoute(answerRevoke);
