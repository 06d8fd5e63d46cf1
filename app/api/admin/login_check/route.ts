import { deploymentRoute } from "#lib/http/open-loyalty/route.ts";
import { answerLogin } from "#lib/http/open-loyalty/token-calls.ts";

/** POST /api/admin/login_check: an admin's tokens. */
export const POST = deploymentRoute((request) => answerLogin(request, { kind: "admin" }));
