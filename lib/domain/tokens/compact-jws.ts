/**
 * A signed token from outside as a compact JWS (RFC 7515). jose verifies the signature and nothing else; what a good token
 * is, the files beside this one say, each for its kind. What holds for every kind (after RFC 8725):
 *   1. one way to write a token: canonical base64url, strict JSON, nothing twice;
 *   2. the one algorithm that is expected, and a key of that algorithm alone: nothing in the token chooses a key but
 *      `kid`, and that only among the tenant's own;
 *   3. `typ` tells the kinds apart, and none is taken for another.
 */
import type { KeyObject } from "node:crypto";
import { compactVerify } from "jose";

import { parseStrictJson } from "#lib/domain/json.ts";

/** The first thing that is wrong with a token, for whoever runs the programme. Callers get none of it. */
export type TokenFault<Code extends string = string> = { code: Code; explanation: string };

export type JwsFaultCode =
  | "not_a_token"
  | "header_unreadable"
  | "algorithm_wrong"
  | "header_unsupported"
  | "type_wrong"
  | "key_id_missing"
  | "claims_unreadable"
  | "signature_wrong";

export type JsonObject = Readonly<Record<string, unknown>>;

const tokenLengthMax = 16 * 1024;
const tokenForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
// They would change what the signature covers, or how the payload is to be read.
const headersNotTaken = ["crit", "b64", "zip"];

/** Thrown where a token is refused; each kind says with which codes. */
export class Faulty<Code extends string = string> extends Error {
  readonly fault: TokenFault<Code>;

  constructor(code: Code, explanation: string) {
    super(explanation);
    this.fault = { code, explanation };
  }
}

/** The two JSON parts of a token, with nothing verified yet. */
export function readCompactJws(token: string): { header: JsonObject; payload: JsonObject } {
  const parts = token.length <= tokenLengthMax && tokenForm.test(token) ? token.split(".") : [];
  if (!parts.every(isCanonical) || parts.length === 0) {
    throw new Faulty<JwsFaultCode>(
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

function readJson(part: string, code: JwsFaultCode, name: string): JsonObject {
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

/** What the header has to say: the algorithm, nothing that is not understood, and one of the types (undefined: none). */
export function checkHeader(
  header: JsonObject,
  expected: { algorithm: string; types: readonly unknown[]; typesHint: string },
): void {
  if (header.alg !== expected.algorithm) {
    throw new Faulty<JwsFaultCode>(
      "algorithm_wrong",
      `The token's alg is ${shown(header.alg)}; this programme takes ${expected.algorithm}.`,
    );
  }
  const unsupported = headersNotTaken.find((name) => Object.hasOwn(header, name));
  if (unsupported) {
    throw new Faulty<JwsFaultCode>(
      "header_unsupported",
      `The header has ${unsupported}, which these tokens do not use.`,
    );
  }
  if (!expected.types.includes(header.typ)) {
    throw new Faulty<JwsFaultCode>(
      "type_wrong",
      `The token's typ is ${shown(header.typ)}: another kind of token. ${expected.typesHint}`,
    );
  }
}

/** The name of the key that signed with RS256. */
export function kidOf(header: JsonObject): string {
  if (typeof header.kid === "string" && header.kid !== "") return header.kid;
  throw new Faulty<JwsFaultCode>(
    "key_id_missing",
    "The header has no kid that is a text: it names the key of the JWKS that signed.",
  );
}

export async function checkSignature(token: string, algorithm: string, key: KeyObject): Promise<void> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
  } catch {
    const hint = algorithm === "HS256" ? "the shared key" : "the key that its kid names";
    throw new Faulty<JwsFaultCode>("signature_wrong", `The signature is not one of ${hint}.`);
  }
}

/** Seconds since 1970, as tokens tell time. */
export function isMoment(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A value of the token's for a sentence: short, on one line. */
export function shown(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

export function ago(nowSeconds: number, moment: number): string {
  const seconds = Math.round(Math.abs(nowSeconds - moment));
  return moment > nowSeconds ? `${seconds} s in the future` : `${seconds} s ago`;
}
