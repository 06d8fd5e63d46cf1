import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import { lockMember, redactMember } from "#lib/db/members.ts";
import { endSessionsOfMember } from "#lib/db/sessions.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { openWallet } from "#lib/db/wallets.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";

/**
 * A member leaves the programme: everything personal goes, all sessions end, the identifier is free again. The ledger and
 * the account number stay, so that the programme's books still add up and no number is handed out twice. `isToLeave` is
 * asked when nobody else changes the member any more.
 */
export async function eraseMember(
  tenantId: TenantId,
  memberId: MemberId,
  isToLeave: (tx: Tx) => Promise<boolean> = async () => true,
): Promise<void> {
  const at = now();
  await inTransaction(async (tx) => {
    // The wallet first, as every other command takes it; whether something in it is due means nothing here.
    await openWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false });
    if (!(await lockMember(tx, tenantId, memberId))) throw new DomainError("member_not_found");
    if (!(await isToLeave(tx))) return;
    await endSessionsOfMember(tx, tenantId, memberId, "member_deleted", at);
    await redactMember(tx, tenantId, memberId, at);
  });
}
