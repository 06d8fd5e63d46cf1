/**
 * ID tokens: what a tenant's identity server signs of somebody who just signed in (OpenID Connect Core, section 3.1.3.7). The
 * client library has looked at the same claims before, in its own words and more leniently; this is the policy that counts.
 */
import { createHash } from "node:crypto";

import { now } from "#lib/config/clock.ts";
import { Faulty, type JsonObject, shown } from "#lib/domain/tokens/compact-jws.ts";
import {
  checkFreshness,
  checkParties,
  nameAtProvider,
  type ProviderTokenFaultCode,
  type ProviderTokenParty,
  readSigned,
} from "#lib/domain/tokens/provider-token.ts";

type IdTokenFaultCode = ProviderTokenFaultCode | "nonce_wrong" | "access_token_wrong";

export type IdTokenClaims = { sub: string } & JsonObject;

/** Whose sign-in it has to belong to. */
type SignInParty = ProviderTokenParty & { nonce: string; accessToken: string };

const ageMaxSeconds = 600; // it comes straight from the token endpoint

/**
 * The claims of a good ID token that belongs to this sign-in (its nonce) and to this access token (its at_hash, where it
 * has one). Throws Faulty with an IdTokenFaultCode, and DocumentUnavailable where nothing can be said of it.
 */
export function readIdToken(token: string, expected: SignInParty): Promise<IdTokenClaims> {
  return readSigned(token, expected, [undefined, "JWT"], (claims) => judge(claims, expected));
}

function judge(claims: JsonObject, expected: SignInParty): IdTokenClaims {
  checkParties(claims, expected);
  checkFreshness(claims, now().getTime() / 1000, ageMaxSeconds);
  if (claims.exp === undefined) throw new Faulty<IdTokenFaultCode>("time_wrong", "The token has no exp.");
  if (Object.hasOwn(claims, "events"))
    throw new Faulty<IdTokenFaultCode>("type_wrong", "The token tells of a sign-out.");
  const sub = nameAtProvider.safeParse(claims.sub);
  if (!sub.success)
    throw new Faulty<IdTokenFaultCode>(
      "subject_wrong",
      "The sub is missing, or no text of 1 to 255 characters.",
    );
  if (claims.nonce !== expected.nonce) {
    throw new Faulty<IdTokenFaultCode>("nonce_wrong", "The nonce is not that of this sign-in.");
  }
  if (claims.at_hash !== undefined && claims.at_hash !== halfHashOf(expected.accessToken)) {
    throw new Faulty<IdTokenFaultCode>(
      "access_token_wrong",
      `The at_hash (${shown(claims.at_hash)}) is of another access token.`,
    );
  }
  return { ...claims, sub: sub.data };
}

/** What the server calls the session there; null where it does not say, or it is nothing that a logout token could name. */
export function sessionNameIn({ sid }: IdTokenClaims): string | null {
  return nameAtProvider.safeParse(sid).data ?? null;
}

/** As OpenID Connect Core 3.1.3.6 has it for RS256. */
function halfHashOf(text: string): string {
  return createHash("sha256").update(text, "ascii").digest().subarray(0, 16).toString("base64url");
}
