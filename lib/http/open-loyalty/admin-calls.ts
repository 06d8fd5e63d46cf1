/** The calls of who runs a programme (contract 6.2). */
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { reportNew, reportPurchase } from "#lib/domain/events/report-purchase.ts";
import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import { activateMember } from "#lib/domain/members/activate-member.ts";
import { createMember } from "#lib/domain/members/create-member.ts";
import { pageMemberFiles } from "#lib/domain/members/member-file.ts";
import { restrictMember } from "#lib/domain/members/restrict-member.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import type { AdminCaller } from "#lib/http/open-loyalty/caller.ts";
import { namingFields, readInput } from "#lib/http/open-loyalty/input.ts";
import { memberJson } from "#lib/http/open-loyalty/member.ts";
import { memberInBody, memberInPath } from "#lib/http/open-loyalty/named-member.ts";
import { memberPages, readPage } from "#lib/http/open-loyalty/paging.ts";
import { namingCustomerFields, newProfileOf } from "#lib/http/open-loyalty/profile.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";
import {
  customEventInput,
  memberInput,
  transactionInput,
  transferInput,
} from "#lib/http/open-loyalty/schemas.ts";

type AdminCall = Call<AdminCaller>;

export async function answerMembers({ request, tenant }: AdminCall): Promise<Response> {
  const { items, total } = await pageMemberFiles(tenant, readPage(request, memberPages));
  return openLoyalty.page(
    items.map((file) => memberJson(tenant, file)),
    total,
  );
}

/** A member without an account: somebody who is known by the id that it gets. */
export async function answerNewMember({ request, tenant }: AdminCall): Promise<Response> {
  const { customer } = await readInput(request, memberInput);
  const profile = await newProfileOf(customer);
  const member = await namingCustomerFields(() =>
    createMember({ tenantId: tenant.id, authIdentifier: null, profile }),
  );
  return openLoyalty.success({ customerId: member.id, email: customer.email });
}

export async function answerActivation(call: AdminCall): Promise<Response> {
  await activateMember(call.tenant.id, await memberInPath(call));
  return openLoyalty.done();
}

export async function answerDeactivation(call: AdminCall): Promise<Response> {
  await restrictMember(call.tenant.id, await memberInPath(call), true);
  return openLoyalty.done();
}

export function answerPointsAdded(call: AdminCall): Promise<Response> {
  return answerTransfer(call, "EARN");
}

export function answerPointsSpent(call: AdminCall): Promise<Response> {
  return answerTransfer(call, "SPEND");
}

async function answerTransfer({ request, tenant }: AdminCall, impact: "EARN" | "SPEND"): Promise<Response> {
  const { customer: customerId, points, comment } = (await readInput(request, transferInput)).transfer;
  const memberId = await memberInBody(tenant, "transfer.customer", { customerId });
  const { entryId } = await namingFields({ points: "transfer.points" }, () =>
    adjustPoints({
      ...{ tenant, memberId, impact, comment: comment || null, key: null },
      points: impact === "EARN" ? points : -points,
    }),
  );
  return openLoyalty.success({ transferId: entryId });
}

export async function answerNewTransaction({ request, tenant }: AdminCall): Promise<Response> {
  const { transaction } = await readInput(request, transactionInput);
  const { header, items, currency = null } = transaction;
  const memberId = await memberInBody(tenant, "transaction.customerData", transaction.customerData);
  const { documentNumber, purchasedAt } = header;
  const names = {
    payload: "transaction",
    "payload.documentNumber": "transaction.header.documentNumber",
    "payload.total": "transaction.items",
    occurredAt: "transaction.header.purchasedAt",
  };
  const transactionId = await onlyOnce("transaction.header.documentNumber", () =>
    namingFields(names, () =>
      reportPurchase({
        ...{ tenantId: tenant.id, memberId, documentNumber, currency, items },
        purchasedAt: new Date(purchasedAt),
      }),
    ),
  );
  return openLoyalty.success({ transactionId });
}

export async function answerCustomEvent({ request, tenant }: AdminCall): Promise<Response> {
  const { event } = await readInput(request, customEventInput);
  const { type, eventDate, body: payload = {}, eventId: externalId = null } = event;
  const memberId = await memberInBody(tenant, "event.customerData", event.customerData);
  const names = { payload: "event.body", occurredAt: "event.eventDate" };
  const customEventId = await onlyOnce("event.eventId", () =>
    namingFields(names, () =>
      reportNew({
        ...{ tenantId: tenant.id, memberId, type, payload, externalId },
        occurredAt: new Date(eventDate),
      }),
    ),
  );
  return openLoyalty.success({ customEventId });
}

/** What is known already is a field that will not do. */
async function onlyOnce<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "external_id_taken") throw error;
    throw invalidInput({ [path]: "This value already exists." });
  }
}
