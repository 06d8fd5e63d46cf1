/**
 * End users of a company's own app, who sign in with a Laurel account through its server (Weavr's way): a signed token that
 * names a session row. It lives five minutes from the last call that succeeded, and half a day at most; the row decides.
 */
import { addSeconds, now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import type { AccountRow } from "#lib/db/accounts.ts";
import { endSessions, openAccountSession } from "#lib/db/sessions.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, newId, type SessionId } from "#lib/domain/ids.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import { type RankedCredential, type Session, signedInNow } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { readOwnToken, signOwnToken } from "#lib/domain/tokens/own-token.ts";

const idleSeconds = 300;

/** A session for whoever has shown to be an account's person. Refuses `credentials_invalid` where it has changed since. */
export async function openEndUserSession(
  tenant: Tenant,
  account: AccountRow,
): Promise<{ token: string; session: Session }> {
  const at = now();
  const { END_USER_SESSION_SECONDS: lifetimeSeconds } = env();
  const id = newId<SessionId>();
  const { memberId, passwordHash, knownAddresses } = account;
  const claims = { sub: memberId, sid: id, tenant: tenant.code };
  const token = await signOwnToken("endUser", claims, lifetimeSeconds);
  const session = {
    ...{ id, tokenHash: hashSecret(token), kind: "end_user", idleSeconds },
    ...{ expiresAt: addSeconds(at, lifetimeSeconds), deviceName: null, provider: null, replaces: [] },
  };
  const row = await openAccountSession({
    account: { tenantId: tenant.id, memberId, passwordHash, knownAddresses },
    ...{ session, at },
  });
  if (!row) throw new DomainError("credentials_invalid");
  return { token, session: signedInNow(session, memberOf(row), at) };
}

/** Who is signed in by a token of this programme; null where it is not good, or over. */
export async function readEndUser(
  tenant: Tenant,
  token: string,
  options: { isActivity: boolean },
): Promise<SignedIn | null> {
  const credential = await credentialOf(token);
  return credential && readSession(tenant, [credential], options);
}

/** Ends the session of a token, at once. */
export async function endEndUserSession(tenant: Tenant, token: string): Promise<void> {
  const credential = await credentialOf(token);
  if (credential) await endSessions(tenant.id, [credential], "signed_out", now());
}

async function credentialOf(token: string): Promise<RankedCredential | null> {
  try {
    const { sid } = await readOwnToken("endUser", token);
    return isUuid(String(sid)) ? { id: sid as SessionId, tokenHash: hashSecret(token), rank: 0 } : null;
  } catch (error) {
    if (error instanceof Faulty) return null;
    throw error;
  }
}
