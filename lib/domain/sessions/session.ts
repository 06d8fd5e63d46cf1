/**
 * A session, however it came about. The token only names a row; the row decides (docs/decisions/0005-the-row-decides.md).
 */

import { addSeconds } from "#lib/config/clock.ts";
import type { MemberRow } from "#lib/db/members.ts";
import type { NewSession, SessionRow } from "#lib/db/sessions.ts";
import type { SessionId } from "#lib/domain/ids.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type SessionKind = "embedded" | "interactive" | "end_user";

/** What a caller holds: the id a token names, and the hash of that very token. */
export type SessionCredential = { id: SessionId; tokenHash: string };

/** A credential and where it lay; the lower the rank, the earlier it counts. */
export type RankedCredential = SessionCredential & { rank: number };

/**
 * Cookies by rank: the partitioned one, the host's own, then the two of a shared domain. Any site of that domain can
 * plant the last two, so they count for nothing when they name different members.
 */
export const cookieRanks = {
  "__Host-session_p": 0,
  "__Host-session": 1,
  session: 2,
  session_legacy: 3,
} as const;
export const sharedCookieRank = cookieRanks.session;
export const partitionedCookieRank = cookieRanks["__Host-session_p"];

/**
 * Whether cookies of this rank count in a programme. Interactive sign-in sets none of a shared domain: one that is there was
 * planted by another site of the domain, with a session of its own, for people to act in without noticing.
 */
export function isOwnRank({ authMode }: Pick<Tenant, "authMode">, rank: number): boolean {
  return authMode === "embedded" || rank < sharedCookieRank;
}

export type Session = {
  id: SessionId;
  kind: SessionKind;
  member: Member;
  expiresAt: Date;
  /** When it ends if nothing happens; null without an idle limit. */
  idleExpiresAt: Date | null;
};

export function sessionOf(row: SessionRow & MemberRow): Session {
  return {
    id: row.sessionId as SessionId,
    kind: row.kind as SessionKind,
    member: memberOf(row),
    expiresAt: row.sessionExpiresAt,
    idleExpiresAt: row.idleSeconds === null ? null : addSeconds(row.lastActivityAt, row.idleSeconds),
  };
}

/** What an interactive sign-in opens: `browser` is what came along as cookies, and `provider` null for a Laurel account. */
export function newInteractiveSession(
  { idleSeconds, interactiveSeconds }: Pick<Tenant, "idleSeconds" | "interactiveSeconds">,
  signIn: {
    credential: SessionCredential;
    browser: readonly SessionCredential[];
    deviceName: string | null;
    provider: NewSession["provider"];
  },
  at: Date,
): NewSession {
  const { credential, browser, deviceName, provider } = signIn;
  return {
    ...credential,
    ...{ kind: "interactive", idleSeconds, expiresAt: addSeconds(at, interactiveSeconds) },
    ...{ deviceName, provider, replaces: browser.map(({ id, tokenHash }) => ({ id, tokenHash })) },
  };
}

/** A session that was just opened for a member. */
export function signedInNow(opened: NewSession, member: Member, at: Date): Session {
  const { id, kind, expiresAt, idleSeconds } = opened;
  return {
    ...{ id: id as SessionId, kind: kind as SessionKind, member, expiresAt },
    idleExpiresAt: idleSeconds === null ? null : addSeconds(at, idleSeconds),
  };
}

/** The earlier of its two limits. */
export function endOf({ expiresAt, idleExpiresAt }: Session): Date {
  return idleExpiresAt && idleExpiresAt < expiresAt ? idleExpiresAt : expiresAt;
}
