import { walletJson } from "#lib/http/schemas/wallet.ts";
import { getMyWallet } from "#lib/http/user-api/operations.ts";
import { userApiRoute, walletOfCall } from "#lib/http/user-api/route.ts";

/** GET /v1/users/me/wallet. */
export const GET = userApiRoute(getMyWallet, async (call) => ({
  data: walletJson(await walletOfCall(call)),
}));
