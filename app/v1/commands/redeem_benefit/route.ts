import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/redeem_benefit: the member asks for a benefit's code. */
export const POST = userApiRoute(operations.redeemBenefit, async (call) => {
  const { tenant, body, key } = call;
  const { id: memberId } = await memberOfCall(call);
  const { benefit, isReplay } = await redeemBenefit({
    ...{ tenantId: tenant.id, memberId, benefitId: body.benefitId, key: key(`member:${memberId}`) },
  });
  return { data: benefitJson(benefit), isReplay };
});
