import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { updateMember } from "#lib/domain/members/update-member.ts";

/**
 * Keeps a member out, or lets it in again. Restricting ends all its sessions: the row is held, so that a sign-in at the
 * same moment is either refused or seen here.
 */
export async function restrictMember(
  tenantId: TenantId,
  memberId: MemberId,
  isRestricted: boolean,
): Promise<void> {
  await updateMember({ tenantId, memberId, change: { isRestricted }, isOwn: false });
}
