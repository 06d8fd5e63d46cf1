/**
 * Activation: a token that a host's server got becomes this browser's own session.
 *
 * Holds under any retry or race:
 *   1. a token is activated once (where the tenant did not choose `reusable`); the new session ends when it would have;
 *   2. the session the browser had in this programme ends when the new one takes its place;
 *   3. a link never replaces another member's session silently: it is spent, and a one-time confirmation asks first;
 *   4. the same link again in the browser that used it changes nothing, and anywhere else is refused.
 *
 * One read and one conditional write; where two calls race, the write of the slower finds nothing to spend.
 */
import { addSeconds, now } from "#lib/config/clock.ts";
import { awaitConfirmation, readActivationView, succeedSession } from "#lib/db/sessions.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { generateSecret, hashSecret } from "#lib/domain/secrets.ts";
import {
  partitionedCookieRank,
  type RankedCredential,
  type Session,
  type SessionCredential,
  sessionOf,
  sharedCookieRank,
} from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type ActivateSession = {
  tenant: Tenant;
  /** Null where the caller sent nothing that could be a token of ours. */
  presented: SessionCredential | null;
  /** What the browser sent as cookies. */
  browser: readonly RankedCredential[];
  /** Whether the new cookie is for one other site's page alone; then the browser's other sessions are not its own. */
  isPartitioned: boolean;
  /** The session to be. */
  next: SessionCredential;
  /** As people call what it will live in; null where the request does not say. */
  deviceName: string | null;
};

export type Activation =
  | { outcome: "activated"; session: Session }
  | { outcome: "already_here" }
  | { outcome: "confirmation_needed"; member: Member; confirmation: string };

const confirmationSeconds = 300;

/** For a link (`GET /api/auth?session=…`), which anyone can send to anyone. Refuses `session_invalid`. */
export async function activateByLink(command: ActivateSession): Promise<Activation> {
  const { tenant, presented } = command;
  if (!presented) throw new DomainError("session_invalid");

  const view = await readView({ ...command, presented });
  if (view.isSuccessorHere) return { outcome: "already_here" };
  if (!view.isAlive) throw new DomainError("session_invalid");

  if (view.browserMemberId && view.browserMemberId !== view.memberId) {
    const at = now();
    const confirmation = generateSecret();
    const row = await awaitConfirmation({
      tenantId: tenant.id,
      from: presented,
      confirmationHash: hashSecret(confirmation),
      confirmationExpiresAt: addSeconds(at, confirmationSeconds),
      at,
    });
    if (!row) throw new DomainError("session_invalid");
    return { outcome: "confirmation_needed", member: memberOf(row), confirmation };
  }
  return {
    outcome: "activated",
    session: await succeed(command, presented, tenant.urlActivation === "once"),
  };
}

/** For a host's page or our own (the origin is checked): another member here is simply switched. */
export async function activateDirectly(command: ActivateSession): Promise<Session> {
  const { presented } = command;
  if (!presented) throw new DomainError("session_invalid");

  const view = await readView({ ...command, presented });
  if (!view.isAlive) throw new DomainError("session_invalid");
  return succeed(command, presented, true);
}

/** For the person who said "Continue as …". The confirmation works once, for 5 minutes. */
export async function activateByConfirmation(
  command: Omit<ActivateSession, "presented"> & { confirmation: string },
): Promise<Session> {
  return succeed(command, { confirmationHash: hashSecret(command.confirmation) }, true);
}

function readView({ tenant, presented, browser }: ActivateSession & { presented: SessionCredential }) {
  return readActivationView({
    tenantId: tenant.id,
    presented: { ...presented, rank: 0 },
    browser,
    sharedRank: sharedCookieRank,
    at: now(),
  });
}

async function succeed(
  { tenant, browser, isPartitioned, next, deviceName }: Omit<ActivateSession, "presented">,
  from: SessionCredential | { confirmationHash: string },
  isSpent: boolean,
): Promise<Session> {
  const row = await succeedSession({
    tenantId: tenant.id,
    from,
    isSpent,
    next: { ...next, deviceName },
    replaced: browser.filter(({ rank }) => !isPartitioned || rank === partitionedCookieRank),
    at: now(),
  });
  if (!row) throw new DomainError("session_invalid");
  return sessionOf(row);
}
