/** Signing out. Ending works at once, and everywhere: the row is what every later request asks. */
import { now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { lockMemberByAuthIdentifier } from "#lib/db/members.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import { endSessions, endSessionsOfMember } from "#lib/db/sessions.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";

/** The member signs out in this browser. */
export async function signOut(tenantId: TenantId, credentials: readonly SessionCredential[]): Promise<void> {
  if (credentials.length > 0) await endSessions(tenantId, credentials, "signed_out", now());
}

/** The host signs a member out everywhere; how many sessions that ended. */
export function endSessionsByHost(tenantId: TenantId, authIdentifier: string): Promise<number> {
  return retryingConflicts(() =>
    db().$transaction(async (tx) => {
      const member = await lockMemberByAuthIdentifier(tx, tenantId, authIdentifier);
      return member ? endSessionsOfMember(tx, tenantId, member.id, "ended_by_host", now()) : 0;
    }),
  );
}

/**
 * The host ends the session it minted a token for. Where that token was activated since, the host means the session it
 * became: that is the one the browser has.
 */
export async function endSessionByHost(
  tenantId: TenantId,
  credential: SessionCredential | null,
): Promise<number> {
  return credential ? endSessions(tenantId, [credential], "ended_by_host", now()) : 0;
}
