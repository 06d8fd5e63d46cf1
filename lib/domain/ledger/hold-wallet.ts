import type { Tx } from "#lib/db/client.ts";
import { openWallet } from "#lib/db/wallets.ts";
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import type { MemberId, TenantId } from "#lib/domain/ids.ts";

/** Something in a wallet fell due: it is settled in a transaction of its own, then the command runs again (`runOnce`). */
export class WalletDue extends Error {
  override readonly name = "WalletDue";
  readonly memberId: MemberId;

  constructor(memberId: MemberId) {
    super("The wallet has to be settled first.");
    this.memberId = memberId;
  }
}

/**
 * Takes a member's wallet for the rest of the transaction, in a command that runs by `runOnce`; it is settled up to `at`.
 * Refuses `member_not_found`, and `member_restricted` where the command is the member's own (`onlyUnrestricted`).
 */
export async function holdWallet(
  tx: Tx,
  wallet: { tenantId: TenantId; memberId: MemberId; at: Date; onlyUnrestricted: boolean },
): Promise<void> {
  const problem = await openWallet(tx, wallet);
  // What rules give for points that expire takes rows that members share. Held together with those of the command's own
  // event, they would be taken in no one order, and commands would wait for each other in a circle.
  if (problem === "due") throw new WalletDue(wallet.memberId);
  if (problem !== null) throw new DomainError(problem as DomainErrorCode);
}
