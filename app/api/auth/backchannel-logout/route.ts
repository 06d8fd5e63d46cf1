import { interactiveRoute } from "#lib/http/api-route.ts";
import { answerBackchannelLogout } from "#lib/http/backchannel-logout.ts";

/** POST /api/auth/backchannel-logout: the identity server ends somebody's sessions here. */
export const POST = interactiveRoute(answerBackchannelLogout);
