import { getReward as findReward } from "#lib/domain/rewards/list-rewards.ts";
import { rewardJson, shelfRewardJson } from "#lib/http/schemas/reward.ts";
import { getReward } from "#lib/http/user-api/operations.ts";
import { userApiRoute, walletOfCall } from "#lib/http/user-api/route.ts";

/** GET /v1/rewards/{id}: one of them. */
export const GET = userApiRoute(getReward, async ({ tenant, caller, id }) => {
  const shopper = caller.kind === "user" ? await walletOfCall({ tenant, caller }) : null;
  const reward = await findReward(tenant.id, id, shopper);
  return { data: shopper ? shelfRewardJson(reward, shopper.balancePoints) : rewardJson(reward) };
});
