import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { asTokenMember } from "#lib/domain/members/token-member.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/purchase_reward: the member buys a reward. */
export const POST = userApiRoute(operations.purchaseReward, async ({ tenant, caller, body, key }) => {
  const { rewardId, comment = null } = body;
  const { benefit, balancePoints, isReplay } = await asTokenMember(tenant, caller.claims, (authIdentifier) =>
    purchaseReward({
      ...{ tenantId: tenant.id, buyer: { authIdentifier }, rewardId, comment },
      key: (memberId) => key(`member:${memberId}`),
    }),
  );
  return { data: { benefit: benefitJson(benefit), wallet: { points: balancePoints } }, isReplay };
});
