/**
 * Everything that is kept of a member, for the member: who it is, what it has, and all that happened, page by page. A page
 * is read when it is asked for, and others have their turn before the next: a long history takes neither much memory nor
 * more than half of the process and its database.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { now } from "#lib/config/clock.ts";
import { findAccountOfMember } from "#lib/db/accounts.ts";
import type { BenefitPosition } from "#lib/db/benefits.ts";
import { type EventPosition, listEventRows } from "#lib/db/events.ts";
import { listExplainedEntries } from "#lib/db/ledger.ts";
import {
  listKeptBenefits,
  listKeptSessions,
  listOpenPending,
  type PendingPosition,
} from "#lib/db/member-export.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import { eventOf, type MemberEvent } from "#lib/domain/events/event.ts";
import { type ExplainedEntry, explainedEntryOf } from "#lib/domain/ledger/ledger-entry.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import type { Member } from "#lib/domain/members/member.ts";
import type { SignedIn } from "#lib/domain/sessions/read-session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { type Tier, tierProgress } from "#lib/domain/tiers/tier-progress.ts";

export type MemberExport = {
  exportedAt: Date;
  programme: { code: string; name: string };
  member: Member;
  /** Where the member has a Laurel account. */
  account: { emailAddress: string; emailConfirmedAt: Date | null } | null;
  wallet: Wallet;
  tier: Tier | null;
  entries: Pages<ExplainedEntry>;
  events: Pages<MemberEvent>;
  benefits: Pages<{ benefit: Benefit; comment: string | null }>;
  pending: Pages<{ points: number; ruleName: string; occurredAt: Date; unlocksAt: Date }>;
  sessions: Pages<KeptSession>;
};

type Pages<Item> = AsyncIterable<readonly Item[]>;

export type KeptSession = {
  kind: string;
  deviceName: string | null;
  createdAt: Date;
  lastActivityAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  endReason: string | null;
};

const rowsPerPage = 250;
const lotsPerEntryMax = 1_000;

export async function exportMember(tenant: Tenant, { session, wallet }: SignedIn): Promise<MemberExport> {
  const { id: tenantId, code, name } = tenant;
  const { member } = session;
  const account = await findAccountOfMember(tenantId, member.id);
  const owner = { tenantId, memberId: member.id };
  return {
    ...{ exportedAt: now(), programme: { code, name }, member, wallet },
    account: account && { emailAddress: account.emailAddress, emailConfirmedAt: account.emailConfirmedAt },
    tier: tierProgress(tenant.tiers, wallet.tierPoints).tier,
    entries: pagesOf(
      (beforeSequence: number | null, limit) =>
        listExplainedEntries(tenantId, member.id, {
          beforeSequence,
          limit,
          lotsMax: lotsPerEntryMax,
          filter: "all",
        }),
      ({ sequence }) => sequence,
      explainedEntryOf,
    ),
    events: pagesOf(
      (before: EventPosition | null, limit) => listEventRows({ ...owner, before, limit }),
      ({ occurredAt, id }) => ({ at: new Date(occurredAt), id }),
      eventOf,
    ),
    benefits: pagesOf(
      (before: BenefitPosition | null, limit) => listKeptBenefits(tenantId, member.id, { before, limit }),
      ({ benefit }) => ({ at: new Date(benefit.createdAt), id: benefit.id }),
      ({ benefit, comment }) => ({ benefit: benefitOf(benefit), comment }),
    ),
    pending: pagesOf(
      (after: PendingPosition | null, limit) => listOpenPending(tenantId, member.id, { after, limit }),
      ({ unlocksAt, id }) => ({ unlocksAt, id }),
      ({ id: _id, points, ...rest }) => ({ ...rest, points: Number(points) }),
    ),
    sessions: pagesOf(
      (beforeId: string | null, limit) => listKeptSessions(tenantId, member.id, { beforeId, limit }),
      ({ id }) => id,
      ({ id: _id, ...rest }) => rest,
    ),
  };
}

/** Every page of a list; where the next one starts, the last row of the one before says. */
async function* pagesOf<Row, Position, Item>(
  read: (from: Position | null, limit: number) => Promise<Row[]>,
  positionOf: (row: Row) => Position,
  itemOf: (row: Row) => Item,
): AsyncGenerator<readonly Item[]> {
  let from: Position | null = null;
  for (;;) {
    const startedMs = performance.now();
    const rows: Row[] = await read(from, rowsPerPage);
    const tookMs = performance.now() - startedMs;
    yield rows.map(itemOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerPage) return;
    from = positionOf(last);
    // The embedded database answers without ever leaving the thread: without this nobody else would come to it.
    await sleep(tookMs);
  }
}
