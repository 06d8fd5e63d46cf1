/** The calls about one member (contract 6.2). */
import { invalidInput } from "#lib/domain/errors.ts";
import { predictExpiry } from "#lib/domain/ledger/get-wallet.ts";
import { getMember } from "#lib/domain/members/find-members.ts";
import { getMemberFile } from "#lib/domain/members/member-file.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";
import { pageInMemory } from "#lib/domain/numbered-page.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { notValid, readInput } from "#lib/http/open-loyalty/input.ts";
import { memberJson, statusJson, walletJson } from "#lib/http/open-loyalty/member.ts";
import { memberInPath } from "#lib/http/open-loyalty/named-member.ts";
import { plainPages, readPage } from "#lib/http/open-loyalty/paging.ts";
import { namingCustomerFields, profileChangeOf } from "#lib/http/open-loyalty/profile.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";
import { memberChangeInput } from "#lib/http/open-loyalty/schemas.ts";

export async function answerMember(call: Call): Promise<Response> {
  const file = await getMemberFile(call.tenant, await memberInPath(call));
  return openLoyalty.success(memberJson(call.tenant, file));
}

export async function answerStatus(call: Call): Promise<Response> {
  const { tenant } = call;
  const file = await getMemberFile(tenant, await memberInPath(call));
  const expiring = await predictExpiry(tenant.id, file.member.id);
  return openLoyalty.success(statusJson(tenant, file, expiring));
}

export async function answerWallets(call: Call): Promise<Response> {
  const { tenant, request } = call;
  const query = readPage(request, plainPages);
  const file = await getMemberFile(tenant, await memberInPath(call));
  const { items, total } = pageInMemory([walletJson(tenant, file)], query);
  return openLoyalty.page(items, total);
}

/** What is left out stays as it is. A card's number is Laurel's to give: it can be sent along, and not changed. */
export async function answerMemberChange(call: Call): Promise<Response> {
  const { tenant, request, caller } = call;
  const memberId = await memberInPath(call);
  const { customer } = await readInput(request, memberChangeInput);
  const { loyaltyCardNumber, ...sent } = customer;
  if (loyaltyCardNumber) {
    const { accountNumber } = await getMember(tenant.id, memberId);
    if (loyaltyCardNumber !== accountNumber) throw invalidInput({ "customer.loyaltyCardNumber": notValid });
  }
  const change = { profile: await profileChangeOf(sent) };
  const command = { tenantId: tenant.id, memberId, change, isOwn: caller.kind === "member" };
  const { id: customerId } = await namingCustomerFields(() => updateMember(command));
  return openLoyalty.success({ customerId });
}
