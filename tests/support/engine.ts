/** A programme in which something happens: events, purchases and the clock, as short words for tests. */
import { randomUUID } from "node:crypto";

import { moveClock, now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { type Purchase, purchaseReward } from "#lib/domain/benefits/purchase-reward.ts";
import type { EventReport } from "#lib/domain/events/event.ts";
import { reportEvent } from "#lib/domain/events/report-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import type { OnceKey } from "#lib/domain/once.ts";
import { postAuth } from "#tests/support/calls.ts";
import { createTenant, profile, type TestTenant } from "#tests/support/factories.ts";

export const purchaseType = {
  name: "PURCHASE",
  private: false,
  schema: { type: "object", required: ["total"], properties: { total: { type: "number" } } },
};
export const pointPerEuro = {
  name: "1 point per euro",
  eventType: "PURCHASE",
  effect: { type: "POINTS", pointsPerUnit: 1, unitField: "payload.total" },
};

/** A tenant where a purchase earns a point for each euro, unless `settings` says otherwise. */
export function createProgramme(settings: Record<string, unknown> = {}): Promise<TestTenant> {
  return createTenant({ eventTypes: [purchaseType], rules: [pointPerEuro], ...settings });
}

/** A member, with `points` as an admin gave them. */
export async function createMember(tenant: TestTenant, points = 0): Promise<MemberId> {
  const { json } = await postAuth(tenant, {
    body: { selector: { authIdentifier: randomUUID() }, profile },
  });
  const memberId = json.data.user.id as MemberId;
  if (points > 0) await adjust(tenant, memberId, points);
  return memberId;
}

export function adjust(tenant: TestTenant, memberId: MemberId, points: number, key: OnceKey | null = null) {
  const impact = points > 0 ? "EARN" : "SPEND";
  return adjustPoints({ tenant, memberId, points, impact, comment: "By a test.", key });
}

type Report = {
  type?: string;
  payload?: Record<string, unknown>;
  externalId?: string | null;
  occurredAt?: Date | null;
  key?: OnceKey;
};

/** An event of a member's own, a PURCHASE unless said otherwise. */
export function report(tenant: TestTenant, memberId: MemberId, event: Report = {}): Promise<EventReport> {
  const { type = "PURCHASE", payload = { total: 10 }, externalId = null, occurredAt = null, key } = event;
  return reportEvent({
    ...{ tenantId: tenant.id, by: { kind: "member", member: { memberId } }, subject: null },
    ...{ type, payload, externalId, occurredAt, key: key ? () => key : null },
  });
}

export function buy(
  tenant: TestTenant,
  memberId: MemberId,
  rewardId: string,
  key?: OnceKey,
): Promise<Purchase> {
  const buyer = { memberId };
  return purchaseReward({ tenantId: tenant.id, buyer, rewardId, comment: null, key: key ? () => key : null });
}

export async function rewardIdOf(tenant: TestTenant, externalId: string): Promise<string> {
  const where = { tenantId_externalId: { tenantId: tenant.id, externalId } };
  return (await db().reward.findUniqueOrThrow({ where })).id;
}

/** The wallet's row as the database has it, with numbers for its 64-bit integers. */
export async function walletRow(tenant: TestTenant, memberId: MemberId) {
  const where = { tenantId_memberId: { tenantId: tenant.id, memberId } };
  const row = await db().wallet.findUniqueOrThrow({ where });
  const entries = Object.entries(row).map(([key, value]) => [
    key,
    typeof value === "bigint" ? Number(value) : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

const msPerDay = 86_400_000;

/** From now on it is so many days later; `daysLater(0)` is the real time again. */
export function daysLater(days: number): void {
  moveClock(days * msPerDay);
}

export function daysAgo(days: number): Date {
  return new Date(now().getTime() - days * msPerDay);
}

/** What a command refuses with. */
export async function codeOf(command: Promise<unknown>): Promise<string> {
  return command.then(
    () => "done",
    (error: { code?: string }) => error.code ?? String(error),
  );
}
