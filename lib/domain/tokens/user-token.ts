/**
 * User access tokens: a person of a tenant's own identity provider, as a compact JWS (RFC 7519). By itself jose takes empty
 * subjects, tokens for ever, a key without a name and keys listed twice. What a good token is, this file says, beyond what
 * `compact-jws.ts` says of all:
 *   1. the tenant's issuer, word for word, and its audience where it has one;
 *   2. a lifetime that is one. Roles and scopes in it mean nothing: what a member may do, the programme says;
 *   3. it is no token of another kind: what tells the microsite of a sign-in or a sign-out is nobody's to call with.
 */
import type { KeyObject } from "node:crypto";

import { DocumentUnavailable } from "#lib/clients/remembered-documents.ts";
import { now } from "#lib/config/clock.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { Tenant, UserAuth } from "#lib/domain/tenants/tenant.ts";
import { identifier } from "#lib/domain/texts.ts";
import {
  ago,
  checkHeader,
  checkSignature,
  Faulty,
  isMoment,
  type JsonObject,
  type JwsFaultCode,
  kidOf,
  readCompactJws,
  shown,
  type TokenFault,
} from "#lib/domain/tokens/compact-jws.ts";
import { findProviderKey } from "#lib/domain/tokens/provider-keys.ts";

export type UserClaims = {
  /** The member's authIdentifier. */
  sub: string;
} & Readonly<Record<string, unknown>>;

export type TokenFaultCode =
  | JwsFaultCode
  | "not_set_up"
  | "subject_wrong"
  | "issuer_wrong"
  | "time_wrong"
  | "not_yet_valid"
  | "expired"
  | "lifetime_too_long"
  | "audience_wrong"
  | "key_unknown";

type TokenJudgement =
  | { claims: UserClaims; fault: null }
  | { claims: null; fault: TokenFault<TokenFaultCode> };

const types: readonly unknown[] = [undefined, "JWT", "at+jwt"];
const typesHint = "Leave it out, or use JWT or at+jwt.";
const subject = identifier(512);

type JudgingTenant = Pick<Tenant, "id" | "userAuth" | "oauth2">;

/**
 * Whether a tenant takes a token, and what is in it. Refuses `identity_provider_unavailable` (with
 * `retryAfterSeconds`) where the provider's keys cannot be had, as then nothing can be said of the token.
 */
export async function judgeUserToken(tenant: JudgingTenant, token: string): Promise<TokenJudgement> {
  const { id: tenantId, userAuth } = tenant;
  try {
    if (!userAuth) {
      throw new Faulty("not_set_up", "This programme has no user authentication: no token can be good.");
    }
    const { algorithm } = userAuth;
    const { header, payload } = readCompactJws(token);
    checkHeader(header, { algorithm, types, typesHint });
    const kid = algorithm === "RS256" ? kidOf(header) : null;
    const claims = checkClaims(payload, userAuth, now().getTime() / 1000);
    refuseIdToken(payload, tenant);
    await checkSignature(token, algorithm, await findKey(tenantId, userAuth, kid));
    return { claims, fault: null };
  } catch (error) {
    if (error instanceof Faulty) return { claims: null, fault: error.fault as TokenFault<TokenFaultCode> };
    if (!(error instanceof DocumentUnavailable)) throw error;
    const { retryAfterSeconds } = error;
    throw new DomainError("identity_provider_unavailable", { retryAfterSeconds });
  }
}

/**
 * Where no audience is asked for, an ID token of the microsite's own sign-in would pass for an access token: it is of the
 * same issuer. It is for the client that the microsite is there.
 */
function refuseIdToken({ aud, iss }: JsonObject, { userAuth, oauth2 }: JudgingTenant): void {
  if (!userAuth || userAuth.audience !== null || !oauth2 || oauth2.issuer !== iss) return;
  if (aud === oauth2.clientId || (Array.isArray(aud) && aud.includes(oauth2.clientId))) {
    throw new Faulty(
      "type_wrong",
      `The token's aud is ${shown(aud)}, the microsite's own client: an ID token. Send an access token, or set an audience.`,
    );
  }
}

function checkClaims(payload: JsonObject, userAuth: UserAuth, nowSeconds: number): UserClaims {
  const { sub, iss } = payload;
  const read = subject.safeParse(sub);
  if (!read.success) {
    throw new Faulty(
      "subject_wrong",
      "The sub is missing, or it is not a text of 1 to 512 characters without control characters and white space at its ends.",
    );
  }
  if (iss !== userAuth.issuer) {
    throw new Faulty(
      "issuer_wrong",
      `The token's iss is ${shown(iss)}; this programme takes exactly ${shown(userAuth.issuer)}.`,
    );
  }
  if (Object.hasOwn(payload, "events")) {
    throw new Faulty(
      "type_wrong",
      "The token has events: it tells of a sign-out, and is nobody's to call with.",
    );
  }
  checkTimes(payload, userAuth, nowSeconds);
  if (!isForAudience(payload.aud, userAuth.audience)) {
    throw new Faulty(
      "audience_wrong",
      `The token's aud is ${shown(payload.aud)}; this programme takes what contains ${shown(userAuth.audience)}.`,
    );
  }
  return { ...payload, sub: read.data };
}

function checkTimes(
  { iat, exp, nbf }: JsonObject,
  { leewaySeconds, maxLifetimeSeconds }: UserAuth,
  nowSeconds: number,
): void {
  if (!isMoment(iat) || !isMoment(exp) || (nbf !== undefined && !isMoment(nbf))) {
    throw new Faulty(
      "time_wrong",
      "iat and exp have to be numbers (seconds since 1970), and nbf if it is there.",
    );
  }
  const leeway = `the leeway is ${leewaySeconds} s`;
  if (iat > nowSeconds + leewaySeconds) {
    throw new Faulty("not_yet_valid", `The token was issued (iat) ${ago(nowSeconds, iat)}; ${leeway}.`);
  }
  if (nbf !== undefined && nbf > nowSeconds + leewaySeconds) {
    throw new Faulty("not_yet_valid", `The token starts (nbf) ${ago(nowSeconds, nbf)}; ${leeway}.`);
  }
  if (exp <= nowSeconds - leewaySeconds) {
    throw new Faulty("expired", `The token expired (exp) ${ago(nowSeconds, exp)}; ${leeway}.`);
  }
  if (exp <= iat) throw new Faulty("time_wrong", "The token ends (exp) no later than it starts (iat).");
  if (exp - iat > maxLifetimeSeconds) {
    throw new Faulty(
      "lifetime_too_long",
      `The token lives ${Math.round(exp - iat)} s; this programme takes at most ${maxLifetimeSeconds} s.`,
    );
  }
}

function isForAudience(aud: unknown, audience: string | null): boolean {
  if (audience === null || aud === audience) return true;
  return Array.isArray(aud) && aud.every((each) => typeof each === "string") && aud.includes(audience);
}

function findKey(tenantId: string, userAuth: UserAuth, kid: string | null): KeyObject | Promise<KeyObject> {
  if (userAuth.algorithm === "HS256") return userAuth.key;
  return findProviderKey({ tenantId, url: userAuth.jwksUrl }, kid ?? "");
}
