import { type Page, type PageQuery, pageOf } from "#lib/domain/page.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";

/** A page of a programme's tiers, newest first; they are few, and in memory with it. */
export function listTiersOf(
  { tiers }: Pick<Tenant, "tiers">,
  { before, limit }: PageQuery<string>,
): Page<Tier, string> {
  const newestFirst = [...tiers].sort((a, b) => (a.id < b.id ? 1 : -1));
  const rest = newestFirst.filter(({ id }) => before === null || id < before);
  return pageOf(
    rest,
    limit,
    (tier) => tier,
    ({ id }) => id,
  );
}
