import { now } from "#lib/config/clock.ts";
import { listLiveSessions } from "#lib/db/sessions.ts";
import type { SessionId, TenantId } from "#lib/domain/ids.ts";
import type { Session } from "#lib/domain/sessions/session.ts";

/** Somewhere a member is signed in. */
export type SignInPlace = {
  sessionId: SessionId;
  /** Null for a session that a host's server opened, and nobody's browser took over. */
  deviceName: string | null;
  isHere: boolean;
  signedInAt: Date;
  lastActivityAt: Date;
  msSinceActivity: number;
};

const placesMax = 50;

/** Where the member of this session is signed in: here, then the newest first. */
export async function listSignInPlaces(tenantId: TenantId, { id, member }: Session): Promise<SignInPlace[]> {
  const at = now();
  const query = { tenantId, memberId: member.id, firstId: id, limit: placesMax, at };
  const rows = await listLiveSessions(query);
  return rows.map((row) => ({
    ...{ sessionId: row.id as SessionId, deviceName: row.deviceName, isHere: row.id === id },
    ...{ signedInAt: row.createdAt, lastActivityAt: row.lastActivityAt },
    msSinceActivity: Math.max(0, at.getTime() - row.lastActivityAt.getTime()),
  }));
}
