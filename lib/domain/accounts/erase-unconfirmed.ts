/** Accounts whose address nobody ever confirmed: their members leave, so that nobody's data and address is kept for nothing. */
import { addSeconds, now } from "#lib/config/clock.ts";
import { findAccountOfMember, listUnconfirmedAccounts } from "#lib/db/accounts.ts";
import { wasEverUsed } from "#lib/domain/accounts/account.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";
import { eraseMember } from "#lib/domain/members/erase-member.ts";

const keptSeconds = 7 * 86_400; // the last link is over after a day, and asking for another keeps nothing
const accountsPerRound = 200;

/** Erases the member of an account, unless somebody has confirmed or used it by then. Refuses `member_not_found`. */
export async function eraseUnconfirmed(tenantId: TenantId, memberId: MemberId): Promise<void> {
  await eraseMember(tenantId, memberId, async (tx) => {
    const account = await findAccountOfMember(tenantId, memberId, tx);
    return account !== null && !wasEverUsed(account);
  });
}

/** Erases those that nobody has signed up with for a week; how many were looked at. */
export async function sweepUnconfirmed(): Promise<number> {
  const updatedBefore = addSeconds(now(), -keptSeconds);
  let swept = 0;
  for (;;) {
    const accounts = await listUnconfirmedAccounts(updatedBefore, accountsPerRound);
    for (const { tenantId, memberId } of accounts) {
      await eraseUnconfirmed(tenantId as TenantId, memberId as MemberId);
    }
    swept += accounts.length;
    if (accounts.length < accountsPerRound) return swept;
  }
}
