/**
 * User access tokens put together by hand, as good as they can be but for what a test spoils, and two programmes that would
 * take good ones: `rs` with RS256, `hs` with HS256.
 */
import { createHmac, type KeyObject, randomBytes, sign } from "node:crypto";
import { expect } from "vitest";

import { now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { diagnoseUserToken } from "#lib/domain/tokens/diagnose-user-token.ts";
import type { TokenFaultCode } from "#lib/domain/tokens/user-token.ts";
import { postAuth } from "#tests/support/calls.ts";
import { profile } from "#tests/support/factories.ts";
import { behaviours, makeRsaKeyPair, startIdentityProvider } from "#tests/support/identity-provider.ts";
import { type ApiTenant, callApi, createApiTenant } from "#tests/support/user-api.ts";

/** A programme with a member user-1, and what signs its tokens. */
export type Party = {
  tenant: ApiTenant;
  header: Record<string, unknown>;
  sign(input: string): Uint8Array;
};

/** Text and bytes are taken as they are, objects as JSON. */
export type Part = string | Uint8Array | object;

const issuer = "https://idp.example/";

/** What every caller with a bad token is told; its words are for people, and the product's. */
export const refusal = JSON.stringify({
  status: "fail",
  code: "token_invalid",
  message: new DomainError("token_invalid").message,
  data: {},
});

/** Both programmes, and the RSA key of the first as its provider shows it. */
export async function startParties() {
  env().ALLOW_LOOPBACK_URLS = true;
  const { publicKey, privateKey } = await makeRsaKeyPair();
  const publicJwk = { ...publicKey.export({ format: "jwk" }), kid: "key-1", use: "sig", alg: "RS256" };
  const provider = await startIdentityProvider();
  provider.serve(behaviours.document({ keys: [publicJwk] }));
  const rs: Party = {
    tenant: await startTenant({ algorithm: "RS256", jwksUrl: provider.jwksUrl }),
    header: { alg: "RS256", kid: "key-1" },
    sign: rsaBy(privateKey),
  };
  return { provider, rs, hs: await startParty(), publicKey, privateKey, publicJwk };
}

/** A programme that takes HS256, with these settings of its user authentication. */
export async function startParty(
  settings: { sharedKey?: string } & Record<string, unknown> = {},
): Promise<Party> {
  const { sharedKey = randomBytes(24).toString("base64url") } = settings;
  const tenant = await startTenant({ algorithm: "HS256", sharedKey, ...settings });
  return { tenant: { ...tenant, sharedKey }, header: { alg: "HS256" }, sign: hmacBy(sharedKey) };
}

/** A programme whose key has no limit to speak of, because forgeries come in thousands. */
async function startTenant(userAuth: Record<string, unknown>): Promise<ApiTenant> {
  const apiKey = randomBytes(24).toString("base64url");
  const tenant = await createApiTenant({
    apiKeys: [{ name: "tests", key: apiKey, ratePerSecond: 1_000_000, burst: 1_000_000 }],
    userAuth: { issuer, ...userAuth },
  });
  await postAuth(tenant, { body: { selector: { authIdentifier: "user-1" }, profile } });
  return { ...tenant, apiKey };
}

export function hmacBy(key: string | Uint8Array): Party["sign"] {
  return (input) => createHmac("sha256", key).update(input).digest();
}

export function rsaBy(key: KeyObject): Party["sign"] {
  return (input) => sign("sha256", Buffer.from(input), key);
}

export function claimsOf(claims: Record<string, unknown> = {}): Record<string, unknown> {
  const iat = Math.floor(now().getTime() / 1000);
  return { iss: issuer, sub: "user-1", iat, exp: iat + 300, ...claims };
}

/** A token; claims and header parameters that are undefined are left out. */
export function tokenOf(
  party: Party,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  return compact(party, { ...party.header, ...header }, claimsOf(claims));
}

export function compact(party: Party, header: Part, payload: Part): string {
  return signed(party, base64urlOf(header), base64urlOf(payload));
}

/** The same of parts that are encoded already. */
export function signed(party: Party, header: string, payload: string): string {
  return `${header}.${payload}.${base64urlOf(party.sign(`${header}.${payload}`))}`;
}

export function base64urlOf(part: Part): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString("base64url");
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

/** That a token is refused for this reason, and that a good one beside it passes. */
export async function expectRefused(
  party: Party,
  token: string,
  fault: TokenFaultCode,
  good = tokenOf(party),
): Promise<void> {
  expect(await faultOf(party, token)).toBe(fault);
  expect(await faultOf(party, good)).toBeNull();
}

/**
 * What the token doctor finds, null for a good token, once it is sure that a caller is told as much of it as every caller:
 * the one refusal, or for a good one nothing.
 */
export async function faultOf({ tenant }: Pick<Party, "tenant">, token: string): Promise<string | null> {
  const { isGood, fault } = await diagnoseUserToken(tenant, token);
  expect(isGood).toBe(fault === null);
  if (!isSentAsItIs(token)) return fault;

  const { status, headers, text, json } = await callApi(tenant, "GET /v1/users/me", { bearer: token });
  if (isGood) {
    expect(json.code ?? "success").toMatch(/^(success|member_unknown)$/);
  } else {
    const challenge = headers.get("www-authenticate");
    const told = { status: 401, challenge: 'Bearer error="invalid_token"', text: refusal };
    expect({ status, challenge, text }).toEqual(told);
  }
  return fault;
}

/** A header takes neither controls nor what is beyond Latin-1, and loses white space at its ends. */
function isSentAsItIs(token: string): boolean {
  return /^[\x20-\x7e\x80-\xff]*$/.test(token) && token.trim() === token;
}
