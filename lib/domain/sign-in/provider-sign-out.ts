/** Signing out with the company's identity server: there after here, and here after there. */
import { findIdentityServer, IdentityServerFailure } from "#lib/clients/identity-server.ts";
import { DocumentUnavailable } from "#lib/clients/remembered-documents.ts";
import { addSeconds, now } from "#lib/config/clock.ts";
import { endProviderSessions, findSealedIdToken } from "#lib/db/sessions.ts";
import { insertSpentToken } from "#lib/db/spent-tokens.ts";
import { inTransaction, isAlreadyThere } from "#lib/db/transaction.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { hashSecret, unsealSecret } from "#lib/domain/secrets.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { logoutTokenAgeMaxSeconds, readLogoutToken } from "#lib/domain/tokens/logout-token.ts";
import { leewaySeconds } from "#lib/domain/tokens/provider-token.ts";

/**
 * Where the person's session at the identity server can be ended, too (OpenID Connect RP-Initiated Logout 1.0); null where
 * there is no such place, or no session of it. Asked before the sessions end here. A server that does not answer keeps
 * nobody from signing out.
 */
export async function findProviderSignOut(
  tenant: Tenant,
  credentials: readonly SessionCredential[],
): Promise<string | null> {
  const { oauth2, publicUrl } = tenant;
  if (tenant.authMode !== "interactive" || !oauth2 || credentials.length === 0) return null;
  const found = await findSealedIdToken(tenant.id, credentials);
  if (!found) return null;
  const signOutUrl = await findIdentityServer(tenant.id, oauth2).then(
    (server) => server.signOutUrl,
    (error: unknown) => {
      if (error instanceof IdentityServerFailure) return oauth2.signOutUrl;
      throw error;
    },
  );
  if (signOutUrl === null) return null;

  const address = new URL(signOutUrl);
  const idToken = found.sealedIdToken && openIdToken(found.sealedIdToken);
  if (idToken) address.searchParams.set("id_token_hint", idToken);
  address.searchParams.set("client_id", oauth2.clientId);
  address.searchParams.set("post_logout_redirect_uri", `${publicUrl}/signed-out`);
  return address.href;
}

/** Without it the server asks the person; that is no reason to fail. */
function openIdToken(sealed: string): string | null {
  try {
    return unsealSecret(sealed);
  } catch {
    return null;
  }
}

const retrySeconds = 30;

export type LogoutOutcome =
  | { isObeyed: true; endedSessions: number }
  /** `explanation` is for the operator's log. */
  | { isObeyed: false; explanation: string };

/**
 * Obeys a logout token: the sessions that it names end, at once and everywhere, and it is remembered in the same
 * transaction, so that it works once. Refuses `identity_provider_unavailable` where nothing can be said of it.
 */
export async function obeyLogoutToken(tenant: Tenant, token: string): Promise<LogoutOutcome> {
  const { id: tenantId, oauth2 } = tenant;
  if (!oauth2) return { isObeyed: false, explanation: "The programme has no identity server." };
  try {
    const { issuer, jwksUrl } = await findIdentityServer(tenantId, oauth2);
    if (issuer === null || jwksUrl === null) {
      return { isObeyed: false, explanation: "The identity server speaks no OpenID Connect." };
    }
    const party = { tenantId, issuer, jwksUrl, clientId: oauth2.clientId };
    const { jti, subject, sessionId } = await readLogoutToken(token, party);
    const at = now();
    const endedSessions = await inTransaction(async (tx) => {
      const expiresAt = addSeconds(at, logoutTokenAgeMaxSeconds + 2 * leewaySeconds);
      await insertSpentToken(tx, { tenantId, tokenHash: hashSecret(`logout_token ${jti}`), expiresAt });
      return endProviderSessions(tx, { tenantId, subject, sessionId, at });
    });
    return { isObeyed: true, endedSessions };
  } catch (error) {
    if (error instanceof Faulty) {
      return { isObeyed: false, explanation: `${error.fault.code}: ${error.fault.explanation}` };
    }
    if (error instanceof IdentityServerFailure && error.reason !== "unavailable") {
      return { isObeyed: false, explanation: error.message };
    }
    if (error instanceof IdentityServerFailure || error instanceof DocumentUnavailable) {
      const retryAfterSeconds = error instanceof DocumentUnavailable ? error.retryAfterSeconds : retrySeconds;
      throw new DomainError("identity_provider_unavailable", { retryAfterSeconds });
    }
    if (isAlreadyThere(error)) return { isObeyed: false, explanation: "This token was obeyed before." };
    throw error;
  }
}
