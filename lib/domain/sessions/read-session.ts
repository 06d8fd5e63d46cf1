/** Who calls: the live session among the credentials of a request. */
import { addSeconds, now } from "#lib/config/clock.ts";
import { readSessionRow } from "#lib/db/sessions.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { settleWallet } from "#lib/domain/ledger/settle-wallet.ts";
import { isDue, type Wallet, walletOf } from "#lib/domain/ledger/wallet.ts";
import {
  isOwnRank,
  type RankedCredential,
  type Session,
  sessionOf,
  sharedCookieRank,
} from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

// Activity is written at most so often, which makes an idle limit exact to a second. Without such a limit nothing
// depends on it, and a row per page view would be a waste.
const activityWrittenEverySeconds = { withIdleLimit: 1, withoutIdleLimit: 60 };

/** An activity at this time is written where the last one was before that. */
export function activityWrittenBefore(at: Date) {
  return {
    withIdleLimit: addSeconds(at, -activityWrittenEverySeconds.withIdleLimit),
    withoutIdleLimit: addSeconds(at, -activityWrittenEverySeconds.withoutIdleLimit),
  };
}

export type SignedIn = { session: Session; wallet: Wallet };

/**
 * One statement, whatever the history, unless points fell due since the last one: then the wallet is settled first.
 * `isActivity` extends an idle limit; a request that is refused later on, a prefetch and a mere question do not. Null
 * where nobody is signed in.
 */
export async function readSession(
  tenant: Pick<Tenant, "id" | "tierWindowDays" | "authMode">,
  credentials: readonly RankedCredential[],
  { isActivity }: { isActivity: boolean },
): Promise<SignedIn | null> {
  const presented = credentials.filter(({ rank }) => isOwnRank(tenant, rank));
  if (presented.length === 0) return null;

  const at = now();
  const query = {
    tenantId: tenant.id,
    presented,
    sharedRank: sharedCookieRank,
    at,
    touchOlderThan: isActivity ? activityWrittenBefore(at) : null,
    tierWindowDays: tenant.tierWindowDays,
  };
  let row = await readSessionRow(query);
  if (row && isDue(row, at)) {
    await settleWallet(tenant.id, row.id as MemberId);
    row = await readSessionRow(query);
  }
  return row && { session: sessionOf(row), wallet: walletOf(row) };
}
