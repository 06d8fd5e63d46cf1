/**
 * The tokens that Laurel signs itself, as compact JWS with RS256. A kind has a `typ` and an `aud` of its own, so that none is
 * taken for another, here or by whoever verifies them by our public keys. They name somebody; what that person may do, and
 * whether the token still counts, a row decides at every call.
 */
import { randomUUID } from "node:crypto";
import { CompactSign } from "jose";

import { now } from "#lib/config/clock.ts";
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
import { findOwnKey, findSigningKey } from "#lib/domain/tokens/own-keys.ts";

export type OwnTokenKind = keyof typeof kinds;

/** `typ` in the header, `aud` in the claims. */
const kinds = {
  member: { type: "member+jwt", audience: "laurel:member" },
  admin: { type: "admin+jwt", audience: "laurel:admin" },
  endUser: { type: "eut+jwt", audience: "laurel:end-user" },
} as const;

const issuer = "laurel";
const clocksApartSeconds = 5; // of several processes

export type OwnTokenFaultCode =
  | JwsFaultCode
  | "key_unknown"
  | "issuer_wrong"
  | "audience_wrong"
  | "time_wrong"
  | "expired"
  | "actor_changed";

/** Signs `claims`, which end `lifetimeSeconds` from now. */
export async function signOwnToken(
  kind: OwnTokenKind,
  claims: JsonObject,
  lifetimeSeconds: number,
): Promise<string> {
  const { type, audience } = kinds[kind];
  const { id, privateKey } = await findSigningKey();
  const iat = Math.floor(now().getTime() / 1000);
  const payload = {
    iss: issuer,
    aud: audience,
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    ...claims,
  };
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "RS256", typ: type, kid: id })
    .sign(privateKey);
}

/** The claims of a good token of this kind. Throws Faulty with an OwnTokenFaultCode; `expired` only for one that was good. */
export async function readOwnToken(kind: OwnTokenKind, token: string): Promise<JsonObject> {
  const { type, audience } = kinds[kind];
  const { header, payload } = readCompactJws(token);
  checkHeader(header, { algorithm: "RS256", types: [type], typesHint: `Send a token of the kind ${type}.` });
  const key = await findOwnKey(kidOf(header));
  if (!key) throw new Faulty<OwnTokenFaultCode>("key_unknown", "The kid names none of Laurel's active keys.");
  await checkSignature(token, "RS256", key);
  checkClaims(payload, audience);
  return payload;
}

/** Whether a text says that it is a token of this kind; whether it is one, `readOwnToken` says. */
export function isOwnTokenOf(kind: OwnTokenKind, token: string): boolean {
  try {
    return readCompactJws(token).header.typ === kinds[kind].type;
  } catch {
    return false;
  }
}

/** The store that a member's token says it is of, before anything about it is known; null where it says none. */
export function storeCodeIn(token: string): string | null {
  try {
    const { storeCode } = readCompactJws(token).payload;
    return typeof storeCode === "string" ? storeCode : null;
  } catch {
    return null;
  }
}

function checkClaims({ iss, aud, iat, exp }: JsonObject, audience: string): void {
  if (iss !== issuer)
    throw new Faulty<OwnTokenFaultCode>("issuer_wrong", `The token's iss is ${shown(iss)}.`);
  if (aud !== audience)
    throw new Faulty<OwnTokenFaultCode>("audience_wrong", `The token's aud is ${shown(aud)}.`);
  const nowSeconds = now().getTime() / 1000;
  if (!isMoment(iat) || !isMoment(exp) || iat > nowSeconds + clocksApartSeconds) {
    throw new Faulty<OwnTokenFaultCode>(
      "time_wrong",
      "iat and exp have to be numbers, and iat not in the future.",
    );
  }
  if (exp <= nowSeconds) throw new Faulty<OwnTokenFaultCode>("expired", "The token has expired.");
}
