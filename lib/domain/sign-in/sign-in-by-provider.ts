/**
 * Signing in through the company's own identity server: somebody came back from it with a code, and gets a session.
 *
 * Holds whatever the server or the browser sends:
 *   1. nobody is signed in but by the first answer to the sign-in that this browser began (state, nonce and PKCE verifier);
 *   2. the member is who the server says it is (`sub`, or the mapped claim); an e-mail address is never an identity;
 *   3. whoever comes first makes the member, later ones update its profile (`sign-in-vouched-member.ts`);
 *   4. the session that this browser had ends when the new one takes its place.
 */
import {
  absenceOf,
  exchangeCode,
  fetchUserinfo,
  findIdentityServer,
  type IdentityServer,
  IdentityServerFailure,
  type IdentityServerFailureReason,
  type ProviderAnswer,
  type ProviderTokens,
} from "#lib/clients/identity-server.ts";
import { DocumentUnavailable } from "#lib/clients/remembered-documents.ts";
import { addSeconds, now } from "#lib/config/clock.ts";
import { insertSpentToken } from "#lib/db/spent-tokens.ts";
import { isAlreadyThere } from "#lib/db/transaction.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { hashSecret, sealSecret } from "#lib/domain/secrets.ts";
import {
  newInteractiveSession,
  type Session,
  type SessionCredential,
  signedInNow,
} from "#lib/domain/sessions/session.ts";
import {
  type SignInVouchedMember,
  signInVouchedMember,
} from "#lib/domain/sessions/sign-in-vouched-member.ts";
import { ClaimsIncomplete, memberFromClaims } from "#lib/domain/sign-in/claims.ts";
import { SignInFailure, type SignInFailureCode } from "#lib/domain/sign-in/sign-in-failure.ts";
import type { Oauth2, Tenant } from "#lib/domain/tenants/tenant.ts";
import { Faulty } from "#lib/domain/tokens/compact-jws.ts";
import { readIdToken, sessionNameIn } from "#lib/domain/tokens/id-token.ts";

export type SignInByProvider = {
  tenant: Tenant;
  answer: ProviderAnswer;
  /** What the browser sent as cookies. */
  browser: readonly SessionCredential[];
  /** The session to be. */
  credential: SessionCredential;
  deviceName: string | null;
};

// A longer one would not fit into the address of the sign-out, where alone it is needed again.
const idTokenKeptLengthMax = 4_096;

/** For so long somebody may be at the identity server. */
export const signInSeconds = 15 * 60;

/** Where the person is to be sent. Throws a SignInFailure. */
export async function findAuthorizationUrl(tenant: Tenant): Promise<{ url: string; isOpenId: boolean }> {
  const { server } = await serverOf(tenant);
  return { url: server.authorizationUrl, isOpenId: server.jwksUrl !== null };
}

/** Throws a SignInFailure. */
export async function signInByProvider(command: SignInByProvider): Promise<Session> {
  const { tenant, answer, browser, credential, deviceName } = command;
  await spendState(tenant, answer.state);
  const { server, oauth2, clientSecret } = await serverOf(tenant);
  const { claims, subject, sessionId, idToken } = await saying(async () => {
    const client = { id: oauth2.clientId, secret: clientSecret };
    const tokens = await exchangeCode(server, client, answer);
    return identify(tenant, server, oauth2, tokens, answer.nonce);
  });

  const { authIdentifier, profile } = await saying(() => memberFromClaims(claims, oauth2.claims));
  const at = now();
  const provider = {
    subject: subject ?? authIdentifier,
    sessionId,
    sealedIdToken: idToken !== null && idToken.length <= idTokenKeptLengthMax ? sealSecret(idToken) : null,
  };
  const session = newInteractiveSession(tenant, { credential, browser, deviceName, provider }, at);
  const member = await saying(() =>
    signInWithRoom({ tenant, authIdentifier, profile, session, clientSecretId: null, at }),
  );
  return signedInNow(session, member, at);
}

/** The cookies of a sign-in may outlive it, and a server that takes a code twice would let it in again. */
async function spendState({ id: tenantId }: Tenant, state: string): Promise<void> {
  try {
    const expiresAt = addSeconds(now(), signInSeconds);
    await insertSpentToken(null, { tenantId, tokenHash: hashSecret(`state ${state}`), expiresAt });
  } catch (error) {
    throw isAlreadyThere(error)
      ? new SignInFailure("state_invalid", "This sign-in was answered before.")
      : error;
  }
}

/** Attributes are optional: those that the member has no room for keep it out no more than any other claim. */
async function signInWithRoom(command: SignInVouchedMember): Promise<Member> {
  try {
    return await signInVouchedMember(command);
  } catch (error) {
    const isFull = error instanceof DomainError && error.code === "invalid_input";
    if (!isFull) throw error;
    return signInVouchedMember({ ...command, profile: { ...command.profile, attributes: {} } });
  }
}

/** What the server says of the person, and of the session there. */
async function identify(
  { id: tenantId }: Tenant,
  server: IdentityServer,
  { clientId }: Oauth2,
  { accessToken, idToken }: ProviderTokens,
  nonce: string,
) {
  const { issuer, jwksUrl } = server;
  if (idToken === null || issuer === null || jwksUrl === null) {
    const claims = await fetchUserinfo(server, clientId, accessToken, null);
    if (claims) return { claims, subject: null, sessionId: null, idToken: null };
    throw new SignInFailure(
      "provider_misconfigured",
      "There is no ID token and no userinfo address: nothing says who came. Set userinfoUrl, or issuer and jwksUrl.",
    );
  }
  const expected = { tenantId, issuer, jwksUrl, clientId, nonce, accessToken };
  const signed = await readIdToken(idToken, expected);
  const userinfo = await fetchUserinfo(server, clientId, accessToken, signed.sub);
  const claims = { ...signed, ...userinfo };
  return { claims, subject: signed.sub, sessionId: sessionNameIn(signed), idToken };
}

async function serverOf(tenant: Tenant) {
  const { oauth2 } = tenant;
  if (!oauth2) throw new SignInFailure("provider_misconfigured", "The programme has no identity server.");
  const { clientSecret } = oauth2;
  if (clientSecret === null) {
    throw new SignInFailure(
      "provider_misconfigured",
      "The stored client secret cannot be opened: set it anew.",
    );
  }
  return { server: await saying(() => findIdentityServer(tenant.id, oauth2)), oauth2, clientSecret };
}

const codeByReason: Record<IdentityServerFailureReason, SignInFailureCode> = {
  unavailable: "provider_unavailable",
  misconfigured: "provider_misconfigured",
  denied: "access_denied",
  refused: "provider_error",
  state: "state_invalid",
  answer: "provider_answer_invalid",
};

async function saying<Value>(run: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): unknown {
  if (error instanceof DocumentUnavailable) return failureOf(absenceOf(error)); // the server's keys
  if (error instanceof IdentityServerFailure) {
    return new SignInFailure(codeByReason[error.reason], error.message);
  }
  if (error instanceof Faulty) {
    return new SignInFailure("provider_answer_invalid", `${error.fault.code}: ${error.fault.explanation}`);
  }
  if (error instanceof ClaimsIncomplete) return new SignInFailure("profile_incomplete", error.message);
  if (error instanceof DomainError && error.code === "member_restricted") {
    return new SignInFailure("member_restricted", "The member is restricted.");
  }
  return error;
}
