import { createHash } from "node:crypto";

import { now, secondsUntil } from "#lib/config/clock.ts";
import type { Wallet } from "#lib/domain/ledger/wallet.ts";
import { endOf, type Session } from "#lib/domain/sessions/session.ts";

/** GET and POST /api/session, and what an activation answers. */
export function sessionJson(session: Session | null) {
  if (!session) return { authenticated: false };
  const { id, profile } = session.member;
  return {
    authenticated: true,
    member: { id, givenName: profile.givenName, familyName: profile.familyName },
    kind: session.kind,
    expiresAt: session.expiresAt.toISOString(),
    idleExpiresAt: session.idleExpiresAt?.toISOString() ?? null,
    secondsRemaining: secondsRemaining(session),
  };
}

/** Until the earlier of its limits, in whole seconds. */
export function secondsRemaining(session: Session): number {
  return secondsUntil(endOf(session), now());
}

/** Which state of a wallet a page or an answer stands for: opaque, and another one as soon as any of its balances is. */
export function walletRevision(wallet: Wallet): string {
  return createHash("sha256").update(JSON.stringify(wallet)).digest("base64url").slice(0, 16);
}
