import { listRewards, type Shopper } from "#lib/domain/rewards/list-rewards.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { rewardJson, shelfRewardJson } from "#lib/http/schemas/reward.ts";
import type { Callers } from "#lib/http/user-api/caller.ts";
import { walletOfCall } from "#lib/http/user-api/route.ts";

type ShelfCall = {
  tenant: Tenant;
  caller: Callers["optionalUser"];
  query: { limit: number; cursor?: string | undefined };
};

/** Who looks at the shelf; null for somebody whom the call does not name. */
export async function shopperOf(tenant: Tenant, caller: Callers["optionalUser"]): Promise<Shopper | null> {
  return caller.kind === "user" ? walletOfCall({ tenant, caller }) : null;
}

/** A page of the shelf, or of one category of it, as it stands for whoever calls. */
export async function shelfPage({ tenant, caller, query }: ShelfCall, categoryId: string | null) {
  const before = readIdCursor(query.cursor);
  const shopper = await shopperOf(tenant, caller);
  const page = { before, limit: query.limit, categoryId };
  const { items, next } = await listRewards(tenant.id, page, shopper);
  const data = items.map((reward) =>
    shopper ? shelfRewardJson(reward, shopper.balancePoints) : rewardJson(reward),
  );
  return { data, nextCursor: idCursor(next) };
}
