import { predictExpiry } from "#lib/domain/ledger/get-wallet.ts";
import { predictionsJson } from "#lib/http/schemas/wallet.ts";
import { predictMyExpiry } from "#lib/http/user-api/operations.ts";
import { userApiRoute, walletOfCall } from "#lib/http/user-api/route.ts";

/** GET /v1/users/me/wallet/predictions: what expires, by month. */
export const GET = userApiRoute(predictMyExpiry, async (call) => {
  const { memberId } = await walletOfCall(call); // settled: what has expired is no prediction
  return { data: predictionsJson(await predictExpiry(call.tenant.id, memberId)) };
});
