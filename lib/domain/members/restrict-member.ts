import { now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { lockMember, setRestricted } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";

/**
 * Keeps a member out, or lets it in again. Restricting ends all its sessions: the row is locked first, so that a sign-in
 * at the same moment is either refused or seen here.
 */
export async function restrictMember(
  tenantId: TenantId,
  memberId: MemberId,
  isRestricted: boolean,
): Promise<void> {
  const at = now();
  await db().$transaction(async (tx) => {
    if (!(await lockMember(tx, tenantId, memberId))) throw new DomainError("member_not_found");
    await setRestricted(tx, tenantId, memberId, isRestricted, at);
    if (isRestricted) await endSessionsOfMember(tx, tenantId, memberId, "member_restricted", at);
  });
}
