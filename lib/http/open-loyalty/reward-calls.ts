/** The calls about rewards: what there is for the member who calls, buying, and using what was bought (contract 6.2). */
import { pageBenefits } from "#lib/domain/benefits/list-benefits.ts";
import { purchaseShownReward } from "#lib/domain/benefits/purchase-shown-reward.ts";
import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { getMemberFile } from "#lib/domain/members/member-file.ts";
import { byOrders, pageInMemory } from "#lib/domain/numbered-page.ts";
import { listShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { readIdempotencyKey, replayedHeader } from "#lib/http/idempotency-key.ts";
import type { Caller, MemberCaller } from "#lib/http/open-loyalty/caller.ts";
import { parseSent } from "#lib/http/open-loyalty/input.ts";
import { memberInPath } from "#lib/http/open-loyalty/named-member.ts";
import { boughtPages, readPage, rewardPages } from "#lib/http/open-loyalty/paging.ts";
import { issuedRewardJson, rewardJson } from "#lib/http/open-loyalty/reward.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";
import { couponInput, purchaseInput } from "#lib/http/open-loyalty/schemas.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";

const compareRewards = {
  name: (one: ShelfReward, other: ShelfReward) => one.name.localeCompare(other.name),
  costInPoints: (one: ShelfReward, other: ShelfReward) => one.pricePoints - other.pricePoints,
};
const newestFirst = (one: ShelfReward, other: ShelfReward) => (one.id < other.id ? 1 : -1);

/** What a programme has to give is no history: it is few, and read as one. */
export async function answerRewards({ request, tenant, caller }: Call<MemberCaller>): Promise<Response> {
  const query = readPage(request, rewardPages);
  const { wallet } = await getMemberFile(tenant, caller.memberId);
  const shelf = await listShelf({ tenantId: tenant.id, memberId: caller.memberId, wallet });
  const { items, total } = pageInMemory(
    shelf.sort(byOrders(query.orderBy, compareRewards, newestFirst)),
    query,
  );
  return openLoyalty.page(items.map(rewardJson), total);
}

export async function answerBought({ request, tenant, caller }: Call<MemberCaller>): Promise<Response> {
  const { orderBy, ...slice } = readPage(request, boughtPages);
  const { items, total } = await pageBenefits(tenant.id, caller.memberId, {
    ...slice,
    orderBy: orderBy.map(({ isAscending }) => ({ field: "createdAt", isAscending })),
  });
  return openLoyalty.page(items.map(issuedRewardJson), total);
}

export async function answerPurchase({
  request,
  tenant,
  caller,
  path,
}: Call<MemberCaller>): Promise<Response> {
  const sent = await readJsonBody(request);
  parseSent(purchaseInput, sent);
  const rewardId = (path.reward ?? "").toLowerCase(); // one reward is one endpoint, however it is written
  const key = readIdempotencyKey(request, `POST /api/reward/${rewardId}/buy`, sent);
  const { benefit, isReplay } = await purchaseShownReward({
    ...{ tenantId: tenant.id, buyer: { memberId: caller.memberId }, rewardId, comment: null },
    key: (memberId) => key(`member:${memberId}`),
  });
  return openLoyalty.success([{ issuedRewardId: benefit.id }], replayedHeader(isReplay));
}

export async function answerCouponUse(call: Call): Promise<Response> {
  const { request, tenant, caller } = call;
  const memberId = await memberInPath(call);
  const sent = await readJsonBody(request);
  const { couponCode: code } = parseSent(couponInput, sent);
  const key = readIdempotencyKey(request, `POST /api/member/${memberId}/reward/redeem`, sent);
  const command = { tenantId: tenant.id, memberId, code, isOnlyLook: false, key: key(scopeOf(caller)) };
  const { isReplay } = await validateVoucher(command);
  return openLoyalty.success({ code, used: true, customerId: memberId }, replayedHeader(isReplay));
}

function scopeOf(caller: Caller): string {
  return caller.kind === "member" ? `member:${caller.memberId}` : `admin:${caller.admin.id}`;
}
