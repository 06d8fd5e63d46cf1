import { getWallet } from "#lib/domain/ledger/get-wallet.ts";
import { getMember } from "#lib/domain/members/find-members.ts";
import { walletJson } from "#lib/http/schemas/wallet.ts";
import { getUserWallet } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/users/{id}/wallet: an admin looks at a member's wallet. */
export const GET = userApiRoute(getUserWallet, async ({ tenant, id }) => {
  const { id: memberId } = await getMember(tenant.id, id);
  return { data: walletJson(await getWallet(tenant, { memberId })) };
});
