/** The calls that tell what happened, and what can (contract 6.2). */
import { getPurchase, pageEvents, pagePurchases } from "#lib/domain/events/page-events.ts";
import { pageMovements } from "#lib/domain/ledger/page-movements.ts";
import { byOrders, type NumberedPageQuery, pageInMemory } from "#lib/domain/numbered-page.ts";
import { pageOffers } from "#lib/domain/rules/list-offers.ts";
import type { Tier } from "#lib/domain/tiers/tier-progress.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import {
  campaignJson,
  historyJson,
  tierJson,
  transactionJson,
  transferJson,
} from "#lib/http/open-loyalty/activity.ts";
import type { Caller, MemberCaller } from "#lib/http/open-loyalty/caller.ts";
import { memberInPath } from "#lib/http/open-loyalty/named-member.ts";
import {
  historyPages,
  plainPages,
  readPage,
  tierPages,
  transactionPages,
  transferPages,
} from "#lib/http/open-loyalty/paging.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";

export async function answerTransfers({ request, tenant, caller }: Call<MemberCaller>): Promise<Response> {
  const { memberId } = caller;
  const { items, total } = await pageMovements(tenant, memberId, readPage(request, transferPages));
  return openLoyalty.page(
    items.map((movement) => transferJson(tenant, memberId, movement)),
    total,
  );
}

export async function answerTransactions({ request, tenant, caller }: Call): Promise<Response> {
  const query = byOccurrence(readPage(request, transactionPages));
  const { items, total } = await pagePurchases(tenant.id, ownIdOf(caller), query);
  return openLoyalty.page(items.map(transactionJson), total);
}

export async function answerTransaction({ tenant, caller, path }: Call): Promise<Response> {
  const purchase = await getPurchase(tenant.id, ownIdOf(caller), path.transaction ?? "");
  return openLoyalty.success(transactionJson(purchase));
}

export async function answerHistory(call: Call): Promise<Response> {
  const query = byOccurrence(readPage(call.request, historyPages));
  const { items, total } = await pageEvents(call.tenant.id, await memberInPath(call), query);
  return openLoyalty.page(items.map(historyJson), total);
}

export async function answerCampaigns(call: Call): Promise<Response> {
  const query = readPage(call.request, plainPages);
  const { items, total } = await pageOffers(call.tenant.id, await memberInPath(call), query);
  return openLoyalty.page(items.map(campaignJson), total);
}

const byRequirement = (one: Tier, other: Tier) => one.pointsRequirement - other.pointsRequirement;
const compareTiers = {
  name: (one: Tier, other: Tier) => one.name.localeCompare(other.name),
  conditionValue: byRequirement,
};

/** Lowest first, unless asked otherwise. */
export async function answerTiers({ request, tenant }: Call): Promise<Response> {
  const query = readPage(request, tierPages);
  const tiers = [...tenant.tiers].sort(byOrders(query.orderBy, compareTiers, byRequirement));
  const { items, total } = pageInMemory(tiers, query);
  return openLoyalty.page(
    items.map((tier) => tierJson(tenant, tier)),
    total,
  );
}

/** A member sees the own ones, who runs the programme all. */
function ownIdOf(caller: Caller) {
  return caller.kind === "member" ? caller.memberId : null;
}

function byOccurrence<Field extends string>({ orderBy, ...slice }: NumberedPageQuery<Field>) {
  return {
    ...slice,
    orderBy: orderBy.map(({ isAscending }) => ({ field: "occurredAt" as const, isAscending })),
  };
}
