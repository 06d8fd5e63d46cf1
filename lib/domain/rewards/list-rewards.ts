import { now } from "#lib/config/clock.ts";
import {
  isRewardCategory,
  listCategoryRows,
  listShelfPage,
  type RewardCategoryRow,
  readShopperPage,
  type ShelfRow,
  visitShelfRow,
} from "#lib/db/rewards.ts";
import type { WalletOwner } from "#lib/db/wallets.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import { readSettled } from "#lib/domain/ledger/get-wallet.ts";
import { type Wallet, walletOf } from "#lib/domain/ledger/wallet.ts";
import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";
import { type Means, onTheShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** A member who looks at the shelf, with its wallet. */
export type Shopper = Wallet & { memberId: MemberId; isRestricted: boolean };

type ShelfTenant = Pick<Tenant, "id" | "tierWindowDays">;
type ShelfQuery = PageQuery<string> & { categoryId: string | null };

/** A page of the shelf, newest first, or of one category. Refuses `not_found` for a category that is not there. */
export async function listRewards(
  { id: tenantId }: ShelfTenant,
  query: ShelfQuery,
): Promise<Page<ShelfReward, string>> {
  await requireCategory(tenantId, query.categoryId);
  const at = now();
  return shelfPageOf(await listShelfPage(tenantId, pageQueryOf(query), at), query, nobody, at);
}

/** The same as it stands for a member, in one round trip. Refuses `member_not_found`, too. */
export async function listRewardsFor(
  { id: tenantId, tierWindowDays }: ShelfTenant,
  query: ShelfQuery,
  owner: WalletOwner,
): Promise<{ page: Page<ShelfReward, string>; shopper: Shopper }> {
  await requireCategory(tenantId, query.categoryId);
  const at = now();
  const row = await readSettled(tenantId, async () => {
    const found = await readShopperPage({ tenantId, owner, tierWindowDays, at }, pageQueryOf(query));
    if (!found) throw new DomainError("member_not_found");
    return found;
  });
  const { memberId, isRestricted } = row;
  const shopper = { ...walletOf(row), memberId: memberId as MemberId, isRestricted };
  return { page: shelfPageOf(row.rewards, query, shopper, at), shopper };
}

async function requireCategory(tenantId: TenantId, categoryId: string | null): Promise<void> {
  if (categoryId === null || (isUuid(categoryId) && (await isRewardCategory(tenantId, categoryId)))) return;
  throw new DomainError("not_found");
}

function pageQueryOf({ before, limit, categoryId }: ShelfQuery) {
  return { beforeId: before, limit: limit + 1, categoryId };
}

function shelfPageOf(rows: readonly ShelfRow[], { limit }: ShelfQuery, wallet: Means, at: Date) {
  return pageOf(
    rows,
    limit,
    (row) => onTheShelf(row, wallet, at),
    ({ id }) => id,
  );
}

/** Refuses `reward_not_found`. */
export async function getReward(
  tenantId: TenantId,
  rewardId: string,
  shopper: Pick<Shopper, "memberId" | keyof Means> | null,
): Promise<ShelfReward> {
  const at = now();
  const row = isUuid(rewardId)
    ? await visitShelfRow({
        ...{ tenantId, memberId: shopper?.memberId ?? null, rewardId, at },
        ...{ sessionId: null, touchOlderThan: activityWrittenBefore(at) },
      })
    : null;
  if (!row) throw new DomainError("reward_not_found");
  return onTheShelf(row, shopper ?? nobody, at);
}

/** Without a member, gates that are a member's own mean nothing. */
const nobody = { balancePoints: 0, tierPoints: 0 };

/** A page of the categories, newest first. */
export async function listCategories(
  tenantId: TenantId,
  { before, limit }: PageQuery<string>,
): Promise<Page<RewardCategoryRow, string>> {
  const rows = await listCategoryRows(tenantId, { beforeId: before, limit: limit + 1 });
  return pageOf(
    rows,
    limit,
    (row) => row,
    ({ id }) => id,
  );
}
