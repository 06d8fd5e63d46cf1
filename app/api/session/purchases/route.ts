import { purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import { hostRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { replayedHeader, requireIdempotencyKey } from "#lib/http/idempotency-key.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { benefitJson, purchaseInput } from "#lib/http/schemas/benefit.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";

/** POST /api/session/purchases: the signed-in member buys a reward, from the microsite's own pages. */
export const POST = hostRoute(async (request, tenant) => {
  requireSameOrigin(request);
  const body = await readJsonBody(request);
  const { rewardId, comment } = parseInput(purchaseInput, body);
  const key = requireIdempotencyKey(request, "POST /api/session/purchases", body);
  const { benefit, balancePoints, isReplay } = await purchaseReward({
    ...{ tenantId: tenant.id, rewardId, comment: comment ?? null },
    buyer: { credentials: await readCookieCredentials(request.headers) },
    key: (memberId) => key(`member:${memberId}`),
  });
  const data = { benefit: benefitJson(benefit), wallet: { points: balancePoints } };
  return jsend.success(data, replayedHeader(isReplay));
});
