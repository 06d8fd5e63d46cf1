/** A member's download: one JSON document that is written as its pages come, an item on each line. */
import type { Benefit } from "#lib/domain/benefits/benefit.ts";
import type { MemberEvent } from "#lib/domain/events/event.ts";
import type { ExplainedEntry } from "#lib/domain/ledger/ledger-entry.ts";
import type { KeptSession, MemberExport } from "#lib/domain/members/export-member.ts";
import { memberJson } from "#lib/http/schemas/member.ts";

export async function* memberExportText(all: MemberExport): AsyncGenerator<string> {
  const head = JSON.stringify(headJson(all), null, 2);
  yield head.slice(0, -"\n}".length); // it goes on
  yield* listText("ledger", all.entries, entryJson);
  yield* listText("events", all.events, eventJson);
  yield* listText("benefits", all.benefits, benefitJson);
  yield* listText("pendingPoints", all.pending, pendingJson);
  yield* listText("sessions", all.sessions, sessionJson);
  yield "\n}\n";
}

async function* listText<Item>(
  name: string,
  pages: AsyncIterable<readonly Item[]>,
  jsonOf: (item: Item) => object,
): AsyncGenerator<string> {
  yield `,\n  ${JSON.stringify(name)}: [`;
  let separator = "\n    ";
  for await (const page of pages) {
    const lines = page.map((item) => JSON.stringify(jsonOf(item)));
    if (lines.length > 0) yield separator + lines.join(",\n    ");
    if (lines.length > 0) separator = ",\n    ";
  }
  yield "\n  ]";
}

function headJson({ exportedAt, programme, member, account, wallet, tier }: MemberExport) {
  return {
    exportedAt,
    programme: { code: programme.code, name: programme.name },
    member: { ...memberJson(member), locale: member.locale },
    account: account && { emailAddress: account.emailAddress, emailConfirmedAt: account.emailConfirmedAt },
    wallet: {
      points: wallet.balancePoints,
      pendingPoints: wallet.pendingPoints,
      lifetimePoints: wallet.lifetimePoints,
      spentPoints: wallet.spentPoints,
      expiredPoints: wallet.expiredPoints,
      nextExpiry: wallet.nextExpiry,
    },
    tier: tier && { name: tier.name, pointsRequirement: tier.pointsRequirement },
  };
}

function entryJson(entry: ExplainedEntry) {
  const { event, lots, paidBy, paidByCount } = entry;
  return {
    sequence: entry.sequence,
    kind: entry.kind,
    points: entry.points,
    balanceAfterPoints: entry.balanceAfterPoints,
    occurredAt: entry.occurredAt,
    description: entry.description,
    rule: entry.ruleName,
    reward: entry.rewardName,
    event: event && {
      type: event.type,
      name: event.typeName,
      payload: event.payload,
      occurredAt: event.occurredAt,
    },
    /** Points that came in with it: how many of them are left, and when they expire. */
    lots: lots.map(({ earnedPoints, remainingPoints, expiresAt }) => ({
      ...{ earnedPoints, remainingPoints, expiresAt },
    })),
    /** Which earlier points paid it; the first of them, where they are very many. */
    paidBy: paidBy.map(({ points, earnedAt, expiresAt, description }) => ({
      ...{ points, earnedAt, expiresAt, from: description },
    })),
    paidByCount,
  };
}

function eventJson(event: MemberEvent) {
  return {
    id: event.id,
    type: event.type,
    payload: event.payload,
    externalId: event.externalId,
    occurredAt: event.occurredAt,
    createdAt: event.createdAt,
  };
}

function benefitJson({ benefit, comment }: { benefit: Benefit; comment: string | null }) {
  const { reward, code } = benefit;
  return {
    id: benefit.id,
    reward: { id: reward.id, type: reward.type, name: reward.name },
    pricePoints: benefit.pricePoints,
    comment,
    createdAt: benefit.createdAt,
    expiresAt: benefit.expiresAt,
    redeemedAt: benefit.redeemedAt,
    burnedAt: benefit.burnedAt,
    cancelledAt: benefit.cancelledAt,
    code: code && { value: code.value, validatedAt: code.validatedAt },
  };
}

function pendingJson(pending: { points: number; ruleName: string; occurredAt: Date; unlocksAt: Date }) {
  const { points, ruleName, occurredAt, unlocksAt } = pending;
  return { points, rule: ruleName, occurredAt, unlocksAt };
}

function sessionJson(session: KeptSession) {
  return {
    device: session.deviceName,
    kind: session.kind,
    signedInAt: session.createdAt,
    lastActivityAt: session.lastActivityAt,
    expiresAt: session.expiresAt,
    endedAt: session.endedAt,
    endReason: session.endReason,
  };
}
