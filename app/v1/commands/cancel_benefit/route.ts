import { cancelBenefit } from "#lib/domain/benefits/cancel-benefit.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/cancel_benefit: an admin gives back what a benefit cost. */
export const POST = userApiRoute(operations.cancelBenefit, async ({ tenant, caller, body, key }) => {
  const { benefit, refundedPoints, shortfallPoints, isReplay } = await cancelBenefit({
    ...{ tenantId: tenant.id, ...body, key: key(`admin:${caller.admin.id}`) },
  });
  return { data: { benefit: benefitJson(benefit), refundedPoints, shortfallPoints }, isReplay };
});
