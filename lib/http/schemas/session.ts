import { now, secondsUntil } from "#lib/config/clock.ts";
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
    secondsRemaining: secondsUntil(endOf(session), now()),
  };
}
