/**
 * A company's identity server on this computer: OpenID Connect, or plain OAuth2 where a programme knows its addresses
 * alone. It checks what it is asked as a real one does, and answers well unless a test bends one of its answers.
 */
import { createHash, type KeyObject, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, vi } from "vitest";

import { now } from "#lib/config/clock.ts";
import { log } from "#lib/config/log.ts";
import type { Answer } from "#tests/support/calls.ts";
import { createTenant, type TestTenant } from "#tests/support/factories.ts";
import {
  type Behaviour,
  type IdentityProvider,
  startIdentityProvider,
} from "#tests/support/identity-provider.ts";

export type Claims = Record<string, unknown>;

/** How a signed token differs from a good one. A claim or header parameter that is undefined is left out. */
export type TokenBend = {
  claims?: Claims;
  header?: Claims;
  /** The claims as they are written. */
  rewrite?: (json: string) => string;
  sign?: (input: string, key: KeyObject) => Uint8Array;
};

type Endpoint = "discovery" | "jwks" | "token" | "userinfo";

export type Bends = {
  /** What an endpoint answers instead of all that it would. */
  answers?: Partial<Record<Endpoint, Behaviour>>;
  /** Fields of its answers; one that is undefined is left out. */
  discovery?: Claims;
  redirect?: Record<string, string | undefined>;
  tokens?: Claims;
  userinfo?: Claims;
  idToken?: TokenBend;
  /** A server that knows nothing of PKCE. */
  isPkceIgnored?: boolean;
  /** A server that takes a code as often as it comes. */
  isCodeReusable?: boolean;
};

type TokenRequest = { headers: IncomingMessage["headers"]; form: URLSearchParams };

export type OpenIdProvider = IdentityProvider & {
  /** Set by a test for itself. */
  bend: Bends;
  authorizationUrl: string;
  tokenUrl: string;
  userinfoUrl: string;
  endSessionUrl: string;
  /** The parameters of each authorization request, and the requests for tokens. */
  authorizations: URLSearchParams[];
  tokenRequests: TokenRequest[];
  /** Where it sends people back to. */
  redirectUris: Set<string>;
  /** What no log may say: codes, tokens, verifiers and all that came along with them. */
  secrets: Set<string>;
  /** `oauth2` of a programme file: by discovery, or by single addresses. */
  settings(changes?: Claims): Claims;
  plainSettings(changes?: Claims): Claims;
  /**
   * The browser goes to this address, and `person` signs in there: the address that it is sent back to. Throws where the
   * request is none that a server would take.
   */
  authorize(location: string | null, person?: Claims): Promise<string>;
  idToken(bend?: TokenBend): Promise<string>;
  logoutToken(bend?: TokenBend): Promise<string>;
};

export const client = { clientId: "laurel club", clientSecret: "a+secret: with=signs/of&all%kinds é" };

export const jane = {
  ...{ sub: "jane-1", given_name: "Jane", family_name: "Doe" },
  ...{ email: "jane.doe@example.com", email_verified: true },
};

type Grant = {
  redirectUri: string;
  challenge: string;
  nonce: string | null;
  person: Claims;
  isUsed: boolean;
};

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";

export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  const base = await startIdentityProvider();
  const { issuer } = base;
  const grants = new Map<string, Grant>();
  const people = new Map<string, Claims>();
  const addresses = {
    authorizationUrl: `${issuer}/authorize`,
    tokenUrl: `${issuer}/token`,
    userinfoUrl: `${issuer}/userinfo`,
    endSessionUrl: `${issuer}/end-session`,
  };

  const provider: OpenIdProvider = {
    ...base,
    ...addresses,
    ...{ bend: {}, authorizations: [], tokenRequests: [], redirectUris: new Set(), secrets: new Set() },
    settings: (changes = {}) => ({ providerName: "Test ID", issuer, ...client, ...changes }),
    plainSettings: (changes = {}) => ({
      ...{ providerName: "Test ID", ...client, scope: "user" },
      authorizationUrl: addresses.authorizationUrl,
      tokenUrl: addresses.tokenUrl,
      userinfoUrl: addresses.userinfoUrl,
      ...changes,
    }),
    async authorize(location, person = jane) {
      const url = URL.parse(location ?? "");
      if (!url) throw new Error(`The browser was not sent to the identity server, but to ${location}.`);
      const asked = url.searchParams;
      const redirectUri = asked.get("redirect_uri") ?? "";
      refuseUnless(
        url.origin + url.pathname === addresses.authorizationUrl,
        "the address is not the server's",
      );
      refuseUnless(asked.get("response_type") === "code", "the response_type is not code");
      refuseUnless(asked.get("client_id") === client.clientId, "the client is unknown");
      refuseUnless(provider.redirectUris.has(redirectUri), "the redirect_uri is not registered");
      refuseUnless(asked.get("code_challenge_method") === "S256", "there is no S256 challenge");
      provider.authorizations.push(asked);

      const code = `code-${randomUUID()}`;
      const challenge = asked.get("code_challenge") ?? "";
      grants.set(code, { redirectUri, challenge, nonce: asked.get("nonce"), person, isUsed: false });
      for (const secret of [code, asked.get("state"), asked.get("nonce"), person.email, person.sub]) {
        if (typeof secret === "string") provider.secrets.add(secret);
      }
      const back = new URL(redirectUri);
      const answer = { code, state: asked.get("state") ?? undefined, iss: issuer, ...provider.bend.redirect };
      for (const [name, value] of Object.entries(answer)) {
        if (value !== undefined) back.searchParams.set(name, value);
      }
      return back.href;
    },
    async idToken(bend = {}) {
      const usual = { iss: issuer, sub: jane.sub, aud: client.clientId, ...timesOfNow(), sid: "sid-1" };
      return write(usual, bend);
    },
    async logoutToken(bend = {}) {
      const events = { [logoutEvent]: {} };
      const usual = { iss: issuer, aud: client.clientId, iat: timesOfNow().iat, jti: randomUUID(), events };
      return write(usual, { ...bend, header: { typ: "logout+jwt", ...bend.header } });
    },
  };

  async function write(usual: Claims, { claims, header, rewrite, sign: by = rs256 }: TokenBend) {
    const json = JSON.stringify({ ...usual, ...claims });
    const parts = [JSON.stringify({ alg: "RS256", kid: base.kid(), ...header }), rewrite?.(json) ?? json];
    const input = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
    const token = `${input}.${Buffer.from(by(input, await base.privateKey())).toString("base64url")}`;
    provider.secrets.add(token);
    return token;
  }

  base.serve(async (response, keySet) => {
    const endpoint = endpointOf(response.req.url ?? "");
    const instead = provider.bend.answers?.[endpoint];
    if (endpoint === "token") await readTokenRequest(response.req);
    if (instead) return instead(response, keySet);
    if (endpoint === "jwks") return sendJson(response, 200, await keySet());
    if (endpoint === "token") return answerTokenRequest(response);
    if (endpoint === "userinfo") return answerUserinfo(response);
    return sendJson(response, 200, {
      issuer,
      authorization_endpoint: addresses.authorizationUrl,
      token_endpoint: addresses.tokenUrl,
      userinfo_endpoint: addresses.userinfoUrl,
      end_session_endpoint: addresses.endSessionUrl,
      jwks_uri: base.jwksUrl,
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
      ...provider.bend.discovery,
    });
  });

  async function readTokenRequest(request: IncomingMessage): Promise<void> {
    const form = new URLSearchParams(await text(request));
    provider.tokenRequests.push({ headers: request.headers, form });
    provider.secrets.add(form.get("code_verifier") ?? client.clientSecret);
    provider.secrets.add(client.clientSecret);
  }

  async function answerTokenRequest(response: ServerResponse): Promise<void> {
    const { headers, form } = provider.tokenRequests.at(-1) as TokenRequest;
    const methods = provider.bend.discovery?.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    if (!isClient(headers.authorization, form, methods as string[])) {
      // RFC 6749, section 5.2: who used the header is told its scheme.
      return sendJson(response, 401, { error: "invalid_client" }, { "www-authenticate": 'Basic realm="t"' });
    }
    const code = form.get("code") ?? "";
    const grant = grants.get(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isGood =
      form.get("grant_type") === "authorization_code" &&
      (grant?.isUsed === false || provider.bend.isCodeReusable) &&
      form.get("redirect_uri") === grant?.redirectUri &&
      (provider.bend.isPkceIgnored || challenge === grant?.challenge);
    if (!grant || !isGood) return sendJson(response, 400, { error: "invalid_grant" });

    grant.isUsed = true;
    const accessToken = `access-${randomUUID()}`;
    provider.secrets.add(accessToken);
    people.set(accessToken, grant.person);
    const { sub, sid = "sid-1" } = grant.person;
    const { idToken = {}, tokens } = provider.bend;
    const claims = { sub, sid, nonce: grant.nonce ?? undefined, ...idToken.claims };
    return sendJson(response, 200, {
      ...{ access_token: accessToken, token_type: "Bearer", expires_in: 300 },
      ...(grant.nonce !== null && { id_token: await provider.idToken({ ...idToken, claims }) }),
      ...tokens,
    });
  }

  async function answerUserinfo(response: ServerResponse): Promise<void> {
    const person = people.get(/^Bearer (.+)$/.exec(response.req.headers.authorization ?? "")?.[1] ?? "");
    if (!person) {
      return sendJson(response, 401, {}, { "www-authenticate": 'Bearer error="invalid_token"' });
    }
    const { sid: _ofTheSession, ...claims } = person;
    return sendJson(response, 200, { ...claims, ...provider.bend.userinfo });
  }

  return provider;
}

/** A programme whose members sign in at this provider, which knows it as its client. */
export async function createClub(
  provider: OpenIdProvider,
  settings: Record<string, unknown> = {},
): Promise<TestTenant> {
  const tenant = await createTenant({ authMode: "interactive", oauth2: provider.settings(), ...settings });
  provider.redirectUris.add(`${tenant.publicUrl}/api/auth/callback/idp`);
  return tenant;
}

/** Every line that is logged until the test's end, with its level. */
export function watchLog(): unknown[][] {
  const lines: unknown[][] = [];
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal"] as const) {
    const spy = vi.spyOn(log(), level).mockImplementation((...parts: unknown[]) => {
      lines.push([level, ...parts]);
    });
    onTestFinished(() => spy.mockRestore());
  }
  return lines;
}

/** Why the last sign-in was refused, as the log has it. */
export function causeIn(lines: readonly unknown[][]): string {
  const last = lines.findLast(([_level, _fields, message]) => message === "sign-in refused");
  return (last?.[1] as { cause?: string } | undefined)?.cause ?? "";
}

/** That somebody came back with no session: where they are led, and what became of the cookies. */
export function expectRefused({ status, headers, cookies }: Answer, code: string, path = "/"): void {
  expect({ status, location: headers.get("location") }).toEqual({
    status: 303,
    location: `/login?${new URLSearchParams({ error: code, callbackUrl: path })}`,
  });
  expect(headers.get("cache-control")).toBe("private, no-store");
  expect(cookies.filter((cookie) => cookie.startsWith("__Host-session"))).toEqual([]);
}

export function rs256(input: string, key: KeyObject): Uint8Array {
  return sign("sha256", Buffer.from(input), key);
}

/** Seconds since 1970, as a good token has them. */
function timesOfNow() {
  const iat = Math.floor(now().getTime() / 1000);
  return { iat, exp: iat + 300 };
}

function endpointOf(path: string): Endpoint {
  const { pathname } = new URL(path, "http://any");
  if (pathname.endsWith("/.well-known/openid-configuration")) return "discovery";
  const name = pathname.split("/").at(-1);
  if (name === "jwks" || name === "token" || name === "userinfo") return name;
  throw new Error(`There is nothing at ${pathname}.`);
}

function isClient(authorization: string | undefined, form: URLSearchParams, methods: string[]): boolean {
  const { clientId, clientSecret } = client;
  if (authorization !== undefined) {
    const credentials = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    const [id = "", secret = ""] = credentials.split(":").map(formDecode);
    const isAlone = !form.has("client_id") && !form.has("client_secret");
    return methods.includes("client_secret_basic") && isAlone && id === clientId && secret === clientSecret;
  }
  const isThere = form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
  return methods.includes("client_secret_post") && isThere;
}

/** RFC 6749, section 2.3.1: both halves are encoded as in a form. */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

function refuseUnless(isGood: boolean, problem: string): void {
  if (!isGood) throw new Error(`The identity server refuses: ${problem}.`);
}
