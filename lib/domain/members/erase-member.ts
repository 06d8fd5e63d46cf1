import { now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { lockMember, redactMember } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";

/**
 * A member leaves the programme: everything personal goes, all sessions end, the identifier is free again. The ledger and
 * the account number stay, so that the programme's books still add up and no number is handed out twice.
 */
export async function eraseMember(tenantId: TenantId, memberId: MemberId): Promise<void> {
  const at = now();
  await db().$transaction(async (tx) => {
    if (!(await lockMember(tx, tenantId, memberId))) throw new DomainError("member_not_found");
    await endSessionsOfMember(tx, tenantId, memberId, "member_deleted", at);
    await redactMember(tx, tenantId, memberId, at);
  });
}
