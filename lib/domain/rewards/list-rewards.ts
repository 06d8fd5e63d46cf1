import { now } from "#lib/config/clock.ts";
import {
  isRewardCategory,
  listCategoryRows,
  listShelfPage,
  type RewardCategoryRow,
  visitShelfRow,
} from "#lib/db/rewards.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";
import { onTheShelf, type ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";

/** A member who looks at the shelf, with its wallet. */
export type Shopper = Wallet & { memberId: MemberId };

/**
 * A page of the shelf, newest first, or of one category; without a shopper, gates that are a member's own do not count.
 * Refuses `not_found` for a category that is not there.
 */
export async function listRewards(
  tenantId: TenantId,
  { before, limit, categoryId }: PageQuery<string> & { categoryId: string | null },
  shopper: Shopper | null,
): Promise<Page<ShelfReward, string>> {
  if (categoryId !== null && !(isUuid(categoryId) && (await isRewardCategory(tenantId, categoryId)))) {
    throw new DomainError("not_found");
  }
  const at = now();
  const memberId = shopper?.memberId ?? null;
  const query = { tenantId, memberId, at, categoryId, beforeId: before, limit: limit + 1 };
  const rows = await listShelfPage(query);
  return pageOf(
    rows,
    limit,
    (row) => onTheShelf(row, shopper ?? nobody, at),
    ({ id }) => id,
  );
}

/** Refuses `reward_not_found`. */
export async function getReward(
  tenantId: TenantId,
  rewardId: string,
  shopper: Shopper | null,
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
