/** What the ID tokens and the logout tokens of a tenant's identity server have in common. */
import { identifier } from "#lib/domain/texts.ts";
import {
  checkHeader,
  checkSignature,
  Faulty,
  isMoment,
  type JsonObject,
  type JwsFaultCode,
  kidOf,
  readCompactJws,
  shown,
} from "#lib/domain/tokens/compact-jws.ts";
import { findProviderKey } from "#lib/domain/tokens/provider-keys.ts";

export type ProviderTokenFaultCode =
  | JwsFaultCode
  | "key_unknown"
  | "issuer_wrong"
  | "audience_wrong"
  | "subject_wrong"
  | "time_wrong"
  | "not_yet_valid"
  | "expired"
  | "too_old";

/** Whose tokens these are, and for whom. */
export type ProviderTokenParty = { tenantId: string; issuer: string; jwksUrl: string; clientId: string };

export const leewaySeconds = 30;

/** What the server calls a person (`sub`), a session (`sid`), or a token (`jti`). */
export const nameAtProvider = identifier(255);

/**
 * What `readClaims` makes of the claims of a token that the server signed with RS256. The signature is looked at last,
 * because that may ask the server for its keys, and most of what is refused is refused before. Throws Faulty, and
 * DocumentUnavailable.
 */
export async function readSigned<Read>(
  token: string,
  { tenantId, jwksUrl }: ProviderTokenParty,
  types: readonly unknown[],
  readClaims: (claims: JsonObject) => Read,
): Promise<Read> {
  const { header, payload } = readCompactJws(token);
  checkHeader(header, { algorithm: "RS256", types, typesHint: "" });
  const kid = kidOf(header);
  const read = readClaims(payload);
  await checkSignature(token, "RS256", await findProviderKey({ tenantId, url: jwksUrl }, kid));
  return read;
}

/** It is the server's, and for this client: others may be named beside it only where `azp` says that it is for this one. */
export function checkParties({ iss, aud, azp }: JsonObject, { issuer, clientId }: ProviderTokenParty): void {
  if (iss !== issuer) {
    throw new Faulty("issuer_wrong", `The token's iss is ${shown(iss)}, not ${shown(issuer)}.`);
  }
  const audiences = Array.isArray(aud) ? aud : [aud];
  const isForOthers = audiences.length > 1 && azp !== clientId;
  if (!audiences.includes(clientId) || !audiences.every((each) => typeof each === "string") || isForOthers) {
    throw new Faulty("audience_wrong", `The token's aud is ${shown(aud)}, which is not this client alone.`);
  }
  if (azp !== undefined && azp !== clientId) {
    throw new Faulty("audience_wrong", `The token's azp is ${shown(azp)}, another client.`);
  }
}

/** It was made just now, and has not ended. */
export function checkFreshness(
  { iat, exp, nbf }: JsonObject,
  nowSeconds: number,
  ageMaxSeconds: number,
): void {
  if (!isMoment(iat) || (exp !== undefined && !isMoment(exp)) || (nbf !== undefined && !isMoment(nbf))) {
    throw new Faulty("time_wrong", "iat has to be a number (seconds since 1970), and so have exp and nbf.");
  }
  if (Math.max(iat, nbf ?? iat) > nowSeconds + leewaySeconds) {
    throw new Faulty("not_yet_valid", "The token is of the future: compare the two clocks.");
  }
  if (exp !== undefined && exp <= nowSeconds - leewaySeconds) {
    throw new Faulty("expired", "The token has expired (exp).");
  }
  if (iat < nowSeconds - ageMaxSeconds) {
    throw new Faulty("too_old", `The token was made over ${ageMaxSeconds} s ago (iat).`);
  }
}
