import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import { findMemberByAuthIdentifier, findMemberRow } from "#lib/db/members.ts";
import { inTransaction, retryingAlreadyThere } from "#lib/db/transaction.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { insertNewMember } from "#lib/domain/members/new-member.ts";
import type { NewProfile } from "#lib/domain/members/profile.ts";
import { sayingWhy } from "#lib/domain/once.ts";

/**
 * Makes a member, with the event REGISTERED_ACCOUNT and what rules give for it. Of calls at once for one identifier one
 * makes it. Refuses `auth_identifier_taken` and `invalid_input`.
 */
export async function createMember(member: {
  tenantId: TenantId;
  /** Null: the id that the member gets. */
  authIdentifier: string | null;
  profile: NewProfile;
}): Promise<Member> {
  const { tenantId, authIdentifier, profile } = member;
  return retryingAlreadyThere(async () => {
    if (authIdentifier !== null && (await findMemberByAuthIdentifier(tenantId, authIdentifier))) {
      throw new DomainError("auth_identifier_taken");
    }
    return sayingWhy(() => inTransaction((tx) => insertMember(tx, tenantId, authIdentifier, profile)));
  });
}

async function insertMember(
  tx: Tx,
  tenantId: TenantId,
  authIdentifier: string | null,
  profile: NewProfile,
): Promise<Member> {
  const at = now();
  const memberId = await insertNewMember(tx, { tenantId, authIdentifier, ...profile, at });
  await raiseEvent(tx, { tenantId, memberId, type: "REGISTERED_ACCOUNT", payload: {}, at });
  const row = await findMemberRow(tenantId, memberId, tx);
  if (!row) throw new Error("A member that was just made is not there.");
  return memberOf(row);
}
