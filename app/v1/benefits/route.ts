import { listBenefits } from "#lib/domain/benefits/list-benefits.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import { momentCursor, readMomentCursor } from "#lib/http/schemas/cursor.ts";
import { listMyBenefits } from "#lib/http/user-api/operations.ts";
import { memberOfCall, userApiRoute } from "#lib/http/user-api/route.ts";

/** GET /v1/benefits: what the member has bought or was given. */
export const GET = userApiRoute(listMyBenefits, async (call) => {
  const { limit, cursor, redeemable: isRedeemable = false } = call.query;
  const { id: memberId } = await memberOfCall(call);
  const page = { before: readMomentCursor(cursor), limit, isRedeemable };
  const { items, next } = await listBenefits(call.tenant.id, memberId, page);
  return { data: items.map(benefitJson), nextCursor: momentCursor(next) };
});
