/** Signing out. Ending works at once, and everywhere: the row is what every later request asks. */
import { now } from "#lib/config/clock.ts";
import { db } from "#lib/db/client.ts";
import { lockMember, lockMemberByAuthIdentifier } from "#lib/db/members.ts";
import { retryingConflicts } from "#lib/db/retrying-conflicts.ts";
import { endSessionOfMember, endSessions, endSessionsOfMember } from "#lib/db/sessions.ts";
import { inTransaction } from "#lib/db/transaction.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import type { Session, SessionCredential } from "#lib/domain/sessions/session.ts";

/** The member signs out in this browser. */
export async function signOut(tenantId: TenantId, credentials: readonly SessionCredential[]): Promise<void> {
  if (credentials.length > 0) await endSessions(tenantId, credentials, "signed_out", now());
}

/** The member ends one of its sessions elsewhere. Refuses `not_found` for what is no live one of its own, or this one. */
export async function endOtherSession(
  tenantId: TenantId,
  { id, member }: Session,
  sessionId: string,
): Promise<void> {
  const ended = { tenantId, memberId: member.id, sessionId, reason: "signed_out_elsewhere", at: now() };
  const isOther = isUuid(sessionId) && sessionId.toLowerCase() !== id;
  if (!isOther || !(await endSessionOfMember(ended))) throw new DomainError("not_found");
}

/** The member signs out everywhere, also here. */
export async function signOutEverywhere(tenantId: TenantId, memberId: MemberId): Promise<void> {
  await inTransaction(async (tx) => {
    await lockMember(tx, tenantId, memberId);
    await endSessionsOfMember(tx, tenantId, memberId, "signed_out_everywhere", now());
  });
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
