import { DomainError } from "#lib/domain/errors.ts";
import { asTokenMember } from "#lib/domain/members/token-member.ts";
import { listRewards, listRewardsFor } from "#lib/domain/rewards/list-rewards.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { idCursor, readIdCursor } from "#lib/http/schemas/cursor.ts";
import { rewardJson, shelfRewardJson } from "#lib/http/schemas/reward.ts";
import type { Callers } from "#lib/http/user-api/caller.ts";

type ShelfCall = {
  tenant: Tenant;
  caller: Callers["optionalUser"];
  query: { limit: number; cursor?: string | undefined };
};

/** A page of the shelf, or of one category of it, as it stands for whoever calls. */
export async function shelfPage({ tenant, caller, query }: ShelfCall, categoryId: string | null) {
  const page = { before: readIdCursor(query.cursor), limit: query.limit, categoryId };
  if (caller.kind === "key") {
    const { items, next } = await listRewards(tenant, page);
    return { data: items.map(rewardJson), nextCursor: idCursor(next) };
  }
  const found = await asTokenMember(tenant, caller.claims, (authIdentifier) =>
    listRewardsFor(tenant, page, { authIdentifier }),
  );
  const { shopper } = found;
  if (shopper.isRestricted) throw new DomainError("member_restricted");
  const data = found.page.items.map((reward) => shelfRewardJson(reward, shopper.balancePoints));
  return { data, nextCursor: idCursor(found.page.next) };
}
