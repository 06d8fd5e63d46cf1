import { getBenefit } from "#lib/domain/benefits/get-benefit.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import { getMyBenefit } from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/benefits/{id}: one of them. */
export const GET = userApiRoute(getMyBenefit, async (call) => {
  const { id: memberId } = await memberOfCall(call);
  return { data: benefitJson(await getBenefit(call.tenant.id, memberId, call.id, null)) };
});
