import { now } from "#lib/config/clock.ts";
import { countManyActivations, listOfferedRules } from "#lib/db/rules.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { type NumberedPage, type NumberedPageQuery, pageInMemory } from "#lib/domain/numbered-page.ts";
import { type Period, periodAround } from "#lib/domain/rules/period.ts";
import type { Limits } from "#lib/domain/rules/rule-schema.ts";

/** A rule in force, and how far a member has used it up; `usage` is null where it has no limit for each member. */
export type Offer = {
  id: string;
  name: string;
  usage: { times: number; timesMax: number; period: Period } | null;
};

/** A page of the rules by which a member can earn something now. */
export async function pageOffers(
  tenantId: TenantId,
  memberId: MemberId,
  query: Pick<NumberedPageQuery, "offset" | "limit">,
): Promise<NumberedPage<Offer>> {
  const at = now();
  const { items: rules, total } = pageInMemory(await listOfferedRules(tenantId, at), query);
  const limits = rules.flatMap(({ id: ruleId, limits }) => {
    const perMember = (limits as Limits | null)?.perMember;
    return perMember ? [{ ruleId, ...perMember, ...boundsOf(perMember.period, at) }] : [];
  });
  const counts = limits.length === 0 ? [] : await countManyActivations(tenantId, memberId, limits);
  const items = rules.map(({ id, name }): Offer => {
    const limit = limits.find(({ ruleId }) => ruleId === id);
    const times = counts.find(({ ruleId }) => ruleId === id)?.times ?? 0;
    return { id, name, usage: limit ? { times, timesMax: limit.times, period: limit.period } : null };
  });
  return { items, total };
}

function boundsOf(period: Period, at: Date): { from: Date | null; to: Date | null } {
  return periodAround(period, at) ?? { from: null, to: null };
}
