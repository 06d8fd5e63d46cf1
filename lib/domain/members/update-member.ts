/**
 * Changing a member: its profile, its language, and what an admin decides of it.
 *
 * Holds under any retry or race:
 *   1. what was not sent stays as it was;
 *   2. a changed profile is one PROFILE_UPDATED, and what rules give for it is there with it;
 *   3. who is restricted, or known by another identifier, is signed in nowhere any more.
 */
import { isDeepStrictEqual } from "node:util";

import { now } from "#lib/config/clock.ts";
import { findAccountOfMember } from "#lib/db/accounts.ts";
import type { Prisma, Tx } from "#lib/db/client.ts";
import { findMemberByAuthIdentifier, findMemberRow, lockMember, updateMemberRow } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { isAlreadyThere } from "#lib/db/transaction.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import type { Locale } from "#lib/domain/locales.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { mergeAttributes, profileColumns } from "#lib/domain/members/new-member.ts";
import { flagsPerMemberMax, type ProfileChange } from "#lib/domain/members/profile.ts";
import { runOnce } from "#lib/domain/once.ts";
import { present } from "#lib/domain/present.ts";

export type MemberChange = {
  profile?: ProfileChange | undefined;
  /** Set by name; null removes. */
  flags?: Readonly<Record<string, boolean | null>> | undefined;
  isRestricted?: boolean | undefined;
  /** Null: the authIdentifier stands for it again. */
  externalIdentifier?: string | null | undefined;
  authIdentifier?: string | undefined;
  /** Null leaves it to the browser. */
  locale?: Locale | null | undefined;
};

/** Refuses `member_not_found`, `auth_identifier_taken`, `invalid_input`; and `member_restricted` for a member's own change. */
export async function updateMember(command: {
  tenantId: TenantId;
  memberId: MemberId;
  change: MemberChange;
  isOwn: boolean;
}): Promise<Member> {
  const { tenantId } = command;
  try {
    const { result } = await runOnce(tenantId, null, (tx) => changeMember(tx, { ...command, at: now() }));
    return result;
  } catch (error) {
    throw isAlreadyThere(error) ? new DomainError("auth_identifier_taken") : error;
  }
}

/** The same inside a command of somebody else's; run it by `runOnce`, which settles a wallet that is due. */
export async function changeMember(
  tx: Tx,
  command: { tenantId: TenantId; memberId: MemberId; change: MemberChange; isOwn: boolean; at: Date },
): Promise<Member> {
  const { tenantId, memberId, change, isOwn, at } = command;
  await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: isOwn });
  const before = await holdMember(tx, tenantId, memberId);
  const { authIdentifier = before.authIdentifier, isRestricted = before.isRestricted } = change;
  const isRekeyed = authIdentifier !== before.authIdentifier;
  if (isRekeyed && (await findMemberByAuthIdentifier(tenantId, authIdentifier, tx))) {
    throw new DomainError("auth_identifier_taken");
  }

  const profile = columnsOf(before, change);
  if (isOwn && "emailAddress" in profile && profile.emailAddress !== before.profile.emailAddress) {
    await requireNoAccount(tx, tenantId, memberId);
  }
  const isProfileChanged = isDifferent(before, profile);
  const decided = decidedColumnsOf(before, change);
  if (isProfileChanged || isDecidedAnew(before, decided)) {
    await updateMemberRow(tx, tenantId, memberId, { ...profile, ...decided, updatedAt: at });
  }
  if (isRestricted || isRekeyed) {
    const reason = isRestricted ? "member_restricted" : "member_rekeyed";
    await endSessionsOfMember(tx, tenantId, memberId, reason, at);
  }
  if (isProfileChanged) {
    await raiseEvent(tx, { tenantId, memberId, type: "PROFILE_UPDATED", payload: {}, at });
  }
  return holdMember(tx, tenantId, memberId);
}

/** A Laurel account moves to another address by a link that goes there, and the profile's moves with it. */
async function requireNoAccount(tx: Tx, tenantId: TenantId, memberId: MemberId): Promise<void> {
  if (!(await findAccountOfMember(tenantId, memberId, tx))) return;
  throw invalidInput({
    "profile.emailAddress": "Change it in your account at /profile: a link goes to the new address.",
  });
}

async function holdMember(tx: Tx, tenantId: TenantId, memberId: MemberId): Promise<Member> {
  const row = (await lockMember(tx, tenantId, memberId)) && (await findMemberRow(tenantId, memberId, tx));
  if (!row) throw new DomainError("member_not_found");
  return memberOf(row);
}

function columnsOf(before: Member, { profile }: MemberChange) {
  if (!profile) return {};
  const attributes = mergeAttributes(before.attributes, profile.attributes) as Prisma.InputJsonObject;
  return { ...profileColumns(profile.core), attributes };
}

function isDifferent({ profile, attributes }: Member, columns: Readonly<Record<string, unknown>>): boolean {
  const before: Readonly<Record<string, unknown>> = { ...profileColumns(profile), attributes };
  return Object.entries(columns).some(([name, value]) => !isDeepStrictEqual(value, before[name]));
}

/** What is no profile: a change of it is no PROFILE_UPDATED. */
function decidedColumnsOf(before: Member, change: MemberChange) {
  const { authIdentifier, externalIdentifier, isRestricted, flags, locale } = change;
  return present({
    ...{ authIdentifier, externalIdentifier, isRestricted, locale },
    flags: flags && mergeFlags(before.flags, flags),
  });
}

function isDecidedAnew(before: Member, decided: ReturnType<typeof decidedColumnsOf>): boolean {
  const { genderProvided: _computed, ...flags } = before.flags;
  const known: Readonly<Record<string, unknown>> = { ...before, flags };
  return Object.entries(decided).some(([name, value]) => !isDeepStrictEqual(value, known[name]));
}

/** `genderProvided` is worked out, and stays so. */
function mergeFlags(before: Member["flags"], sent: NonNullable<MemberChange["flags"]>) {
  const merged = Object.entries({ ...before, ...sent }).filter(
    ([name, value]) => value !== null && name !== "genderProvided",
  );
  if (merged.length > flagsPerMemberMax) {
    throw invalidInput({
      flags: `A member has at most ${flagsPerMemberMax} flags. Remove some: send them as null.`,
    });
  }
  return Object.fromEntries(merged) as Prisma.InputJsonObject;
}
