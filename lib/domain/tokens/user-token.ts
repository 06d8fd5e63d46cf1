/**
 * User access tokens: a person of a tenant's own identity provider, as a compact JWS (RFC 7515, RFC 7519). jose verifies
 * the signature and nothing else: by itself it takes empty subjects, tokens for ever, a key without a name and keys listed
 * twice. What a good token is, this file says (after RFC 8725):
 *   1. the tenant's one algorithm, and a key of that algorithm alone: nothing in the token chooses a key but `kid`, and
 *      that only among the tenant's own;
 *   2. one way to write a token: canonical base64url, strict JSON, nothing twice;
 *   3. the tenant's issuer, word for word, and its audience where it has one;
 *   4. a lifetime that is one. Roles and scopes in it mean nothing: what a member may do, the programme says.
 */
import type { KeyObject } from "node:crypto";
import { compactVerify } from "jose";

import { createKeySets, KeySetUnavailable } from "#lib/clients/key-sets.ts";
import { now } from "#lib/config/clock.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { parseStrictJson } from "#lib/domain/json.ts";
import type { Tenant, UserAuth } from "#lib/domain/tenants/tenant.ts";
import { identifier } from "#lib/domain/texts.ts";
import { readKeySet } from "#lib/domain/tokens/read-key-set.ts";

export type UserClaims = {
  /** The member's authIdentifier. */
  sub: string;
} & Readonly<Record<string, unknown>>;

/** The first thing that is wrong with a token, for whoever runs the programme. Callers get none of it. */
type TokenFault = { code: TokenFaultCode; explanation: string };

export type TokenFaultCode =
  | "not_set_up"
  | "not_a_token"
  | "header_unreadable"
  | "algorithm_wrong"
  | "header_unsupported"
  | "type_wrong"
  | "key_id_missing"
  | "claims_unreadable"
  | "subject_wrong"
  | "issuer_wrong"
  | "time_wrong"
  | "not_yet_valid"
  | "expired"
  | "lifetime_too_long"
  | "audience_wrong"
  | "key_unknown"
  | "signature_wrong";

type TokenJudgement = { claims: UserClaims; fault: null } | { claims: null; fault: TokenFault };

const tokenLengthMax = 16 * 1024;
const tokenForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const typesTaken: readonly unknown[] = [undefined, "JWT", "at+jwt"];
// They would change what the signature covers, or how the payload is to be read.
const headersNotTaken = ["crit", "b64", "zip"];
const subject = identifier(512);

const keySets = createKeySets<KeyObject>("user tokens", readKeySet);

class Faulty extends Error {
  readonly fault: TokenFault;

  constructor(code: TokenFaultCode, explanation: string) {
    super(explanation);
    this.fault = { code, explanation };
  }
}

/**
 * Whether a tenant takes a token, and what is in it. Refuses `identity_provider_unavailable` (with
 * `retryAfterSeconds`) where the provider's keys cannot be had, as then nothing can be said of the token.
 */
export async function judgeUserToken(
  { id: tenantId, userAuth }: Pick<Tenant, "id" | "userAuth">,
  token: string,
): Promise<TokenJudgement> {
  try {
    if (!userAuth) {
      throw new Faulty("not_set_up", "This programme has no user authentication: no token can be good.");
    }
    const { header, payload } = readParts(token);
    const kid = checkHeader(header, userAuth);
    const claims = checkClaims(payload, userAuth, now().getTime() / 1000);
    await checkSignature(token, userAuth, await findKey(tenantId, userAuth, kid));
    return { claims, fault: null };
  } catch (error) {
    if (error instanceof Faulty) return { claims: null, fault: error.fault };
    if (!(error instanceof KeySetUnavailable)) throw error;
    const { retryAfterSeconds } = error;
    throw new DomainError("identity_provider_unavailable", { retryAfterSeconds });
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function readParts(token: string): { header: JsonObject; payload: JsonObject } {
  const parts = token.length <= tokenLengthMax && tokenForm.test(token) ? token.split(".") : [];
  if (!parts.every(isCanonical) || parts.length === 0) {
    throw new Faulty(
      "not_a_token",
      "This is not a compact JWS: three parts of base64url without padding, with dots between, at most 16 KiB.",
    );
  }
  const [header = "", payload = ""] = parts;
  return {
    header: readJson(header, "header_unreadable", "The header"),
    payload: readJson(payload, "claims_unreadable", "The payload"),
  };
}

/** Whether a part is written in the one way in which its bytes are: else many texts would be the same token. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}

function readJson(part: string, code: TokenFaultCode, name: string): JsonObject {
  try {
    const bytes = Buffer.from(part, "base64url");
    const value = parseStrictJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below, in our words: the parser's quote the token.
  }
  throw new Faulty(
    code,
    `${name} is not a JSON object in UTF-8, has a key twice, or is more than 32 levels deep.`,
  );
}

/** The name of the key, for RS256; null for HS256, which has one. */
function checkHeader(header: JsonObject, { algorithm }: UserAuth): string | null {
  if (header.alg !== algorithm) {
    throw new Faulty(
      "algorithm_wrong",
      `The token's alg is ${shown(header.alg)}; this programme takes ${algorithm}.`,
    );
  }
  const unsupported = headersNotTaken.find((name) => Object.hasOwn(header, name));
  if (unsupported) {
    throw new Faulty(
      "header_unsupported",
      `The header has ${unsupported}, which user access tokens do not use.`,
    );
  }
  if (!typesTaken.includes(header.typ)) {
    throw new Faulty(
      "type_wrong",
      `The token's typ is ${shown(header.typ)}: another kind of token. Leave it out, or use JWT or at+jwt.`,
    );
  }
  if (algorithm === "HS256") return null;
  if (typeof header.kid !== "string" || header.kid === "") {
    throw new Faulty(
      "key_id_missing",
      "The header has no kid that is a text: it names the key of the JWKS that signed.",
    );
  }
  return header.kid;
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

function isMoment(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isForAudience(aud: unknown, audience: string | null): boolean {
  if (audience === null || aud === audience) return true;
  return Array.isArray(aud) && aud.every((each) => typeof each === "string") && aud.includes(audience);
}

async function findKey(tenantId: string, userAuth: UserAuth, kid: string | null): Promise<KeyObject> {
  if (userAuth.algorithm === "HS256") return userAuth.key;

  const source = { tenantId, url: userAuth.jwksUrl };
  const key = await keySets.find(source, kid ?? "");
  if (key) return key;
  const known = keySets.knownKids(source).map(shown).join(", ") || "none that can be used";
  throw new Faulty("key_unknown", `The JWKS has no usable key with the kid ${shown(kid)}. It has: ${known}.`);
}

async function checkSignature(token: string, { algorithm }: UserAuth, key: KeyObject): Promise<void> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
  } catch {
    const hint = algorithm === "HS256" ? "the shared key" : "the key that its kid names";
    throw new Faulty("signature_wrong", `The signature is not one of ${hint}.`);
  }
}

/** A value of the token's for a sentence: short, on one line. */
function shown(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function ago(nowSeconds: number, moment: number): string {
  const seconds = Math.round(Math.abs(nowSeconds - moment));
  return moment > nowSeconds ? `${seconds} s in the future` : `${seconds} s ago`;
}
