import { getReward as findReward } from "#lib/domain/rewards/list-rewards.ts";
import { rewardJson, shelfRewardJson } from "#lib/http/schemas/reward.ts";
import { getReward } from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";
import { shopperOf } from "#lib/http/user-api/shelf-page.ts";

/** GET /v1/rewards/{id}: one of them. */
export const GET = userApiRoute(getReward, async ({ tenant, caller, id }) => {
  const shopper = await shopperOf(tenant, caller);
  const reward = await findReward(tenant.id, id, shopper);
  return { data: shopper ? shelfRewardJson(reward, shopper.balancePoints) : rewardJson(reward) };
});
