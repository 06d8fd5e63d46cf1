import { redeemBenefit } from "#lib/domain/benefits/redeem-benefit.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { replayedHeader, requireIdempotencyKey } from "#lib/http/idempotency-key.ts";
import { countAsActivity, requireSignedIn } from "#lib/http/member-session.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { benefitJson, redemptionInput } from "#lib/http/schemas/benefit.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** POST /api/session/redemptions: the signed-in member uses a benefit; its code appears. */
export const POST = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const body = await readJsonBody(request);
  const { benefitId } = parseInput(redemptionInput, body);
  const key = requireIdempotencyKey(request, "POST /api/session/redemptions", body);
  const { session } = await requireSignedIn(request, tenant);
  const memberId = session.member.id;
  const { benefit, isReplay } = await redeemBenefit({
    ...{ tenantId: tenant.id, memberId, benefitId },
    key: key(`member:${memberId}`),
  });
  await countAsActivity(request, tenant);
  return jsend.success({ benefit: benefitJson(benefit) }, replayedHeader(isReplay));
});
