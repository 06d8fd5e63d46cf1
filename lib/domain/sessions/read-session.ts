/** Who calls: the live session among the credentials of a request. */
import { addSeconds, now } from "#lib/config/clock.ts";
import { readSessionRow } from "#lib/db/sessions.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { type Wallet, walletOf } from "#lib/domain/ledger/wallet.ts";
import {
  type RankedCredential,
  type Session,
  sessionOf,
  sharedCookieRank,
} from "#lib/domain/sessions/session.ts";

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
 * One statement, whatever the history. `isActivity` extends an idle limit; a request that is refused later on, a
 * prefetch and a mere question do not. Null where nobody is signed in.
 */
export async function readSession(
  tenantId: TenantId,
  credentials: readonly RankedCredential[],
  { isActivity }: { isActivity: boolean },
): Promise<SignedIn | null> {
  if (credentials.length === 0) return null;

  const at = now();
  const row = await readSessionRow({
    tenantId,
    presented: credentials,
    sharedRank: sharedCookieRank,
    at,
    touchOlderThan: isActivity ? activityWrittenBefore(at) : null,
  });
  return row && { session: sessionOf(row), wallet: walletOf(row) };
}
