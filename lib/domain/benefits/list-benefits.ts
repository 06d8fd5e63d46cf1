import { now } from "#lib/config/clock.ts";
import { type BenefitPosition, listBenefitRows, pageBenefitRows } from "#lib/db/benefits.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import type { NumberedPage, NumberedPageQuery } from "#lib/domain/numbered-page.ts";
import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";

/** A member's benefits, newest first, but for cancelled ones; or only those that wait to be redeemed. */
export async function listBenefits(
  tenantId: TenantId,
  memberId: MemberId,
  { before, limit, isRedeemable }: PageQuery<BenefitPosition> & { isRedeemable: boolean },
): Promise<Page<Benefit, BenefitPosition>> {
  const redeemableAt = isRedeemable ? now() : null;
  const rows = await listBenefitRows({ tenantId, memberId, redeemableAt, before, limit: limit + 1 });
  return pageOf(rows, limit, benefitOf, ({ createdAt, id }) => ({ at: new Date(createdAt), id }));
}

/** The same by the page's number. */
export async function pageBenefits(
  tenantId: TenantId,
  memberId: MemberId,
  query: NumberedPageQuery<"createdAt">,
): Promise<NumberedPage<Benefit>> {
  const { rows, total } = await pageBenefitRows({ tenantId, memberId }, query);
  return { items: rows.map(benefitOf), total };
}
