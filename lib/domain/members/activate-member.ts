import { now } from "#lib/config/clock.ts";
import { deleteLinks, findAccountOfMember, updateAccount } from "#lib/db/accounts.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { changeMember } from "#lib/domain/members/update-member.ts";
import { runOnce } from "#lib/domain/once.ts";

/**
 * Who runs the programme lets a member in, in place of a restriction's end and of the link that confirms an address: that
 * link is over. Refuses `member_not_found`.
 */
export async function activateMember(tenantId: TenantId, memberId: MemberId): Promise<void> {
  await runOnce(tenantId, null, async (tx) => {
    const at = now();
    const member = await changeMember(tx, {
      ...{ tenantId, memberId, change: { isRestricted: false }, isOwn: false, at },
    });
    const account = await findAccountOfMember(tenantId, memberId, tx);
    if (account && account.emailConfirmedAt === null) {
      const { passwordHash } = account;
      const confirmed = { emailConfirmedAt: at, signUpHash: null, updatedAt: at };
      await updateAccount(tx, { tenantId, memberId, passwordHash }, confirmed);
      await deleteLinks(tx, tenantId, memberId, ["confirm_email"]);
    }
    return member;
  });
}
