/**
 * Interactive sign-in by next-auth, for the programme whose host was called. The only importer of next-auth, which does the
 * dance alone: state, nonce and PKCE in cookies that are bound to the provider, and the addresses. The rest is ours:
 *   1. the session: signing in opens a row, and the cookie names it (contract 3.2);
 *   2. what is asked of the identity server goes out the guarded way, and our own policy judges what it signs;
 *   3. next-auth is told the programme's own address and nothing that a caller says of itself, and gets no parameter that
 *      could reach the authorization request;
 *   4. every failure ends on the sign-in page with a code of ours; its cause goes to the log.
 */
import { createHash, hkdfSync, randomBytes } from "node:crypto";
import type { NextApiRequest, NextApiResponse } from "next";
import type { AuthOptions } from "next-auth";
import * as nextAuthModule from "next-auth";

import { now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { signInWithPassword } from "#lib/domain/accounts/sign-in-with-password.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { readSession } from "#lib/domain/sessions/read-session.ts";
import { cookieRanks, type Session } from "#lib/domain/sessions/session.ts";
import {
  findAuthorizationUrl,
  signInByProvider,
  signInSeconds,
} from "#lib/domain/sign-in/sign-in-by-provider.ts";
import { SignInFailure } from "#lib/domain/sign-in/sign-in-failure.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { deviceNameOf } from "#lib/http/device-name.ts";
import { isOnPublicHost, loginPath, publicLoginUrl } from "#lib/http/login-path.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";
import { retryHeaders } from "#lib/http/rate-limits.ts";
import { readCookie } from "#lib/http/read-cookie.ts";
import { safeRedirectPath } from "#lib/http/redirect-path.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import {
  clearedDanceCookies,
  danceCookie,
  danceCookieName,
  interactiveCookie,
  mintToken,
  openToken,
  readCookieCredentials,
  withCookies,
} from "#lib/http/session-cookie.ts";

/** What next-auth is asked for: an address under /api/auth, without what is done elsewhere (`activate`, `signout`). */
export type InteractiveCall = {
  request: Request;
  tenant: Tenant;
  action: "signin" | "callback" | "session" | "csrf" | "providers" | "error";
  /** The provider's id, where the address names one. */
  provider: "idp" | "credentials" | null;
  /** The fields of the form or JSON that was sent; empty for a GET. */
  body: Readonly<Record<string, string>>;
};

/** What became of the dance, as our own callbacks saw it: next-auth swallows what is thrown inside it. */
type Dance = {
  signedIn: { session: Session; token: string } | null;
  failure: SignInFailure | null;
  /** The limit that somebody is over. */
  limit: DomainError | null;
  /** What is no failure of signing in, but a fault of our side. */
  fault: { error: unknown } | null;
};

type Provider = AuthOptions["providers"][number];
type RunNextAuth = (
  request: NextApiRequest,
  response: NextApiResponse,
  options: AuthOptions,
) => Promise<unknown>;

// The module is CommonJS: Node and Next's bundler hand its default export over differently.
const imported = nextAuthModule.default as unknown as RunNextAuth | { default: RunNextAuth };
const runNextAuth = typeof imported === "function" ? imported : imported.default;

// next-auth takes its own address from the headers it is handed, which are ours, and not from the environment.
process.env.AUTH_TRUST_HOST = "1";
delete process.env.NEXTAUTH_URL;

/** Answers one of next-auth's addresses. Refuses `cross_site_request`. */
export async function answerInteractive(call: InteractiveCall): Promise<Response> {
  const { request, tenant, action, provider } = call;
  const isPost = request.method === "POST";
  const callbackPath = callbackPathOf(call);
  if (action === "signin" && isPost && !isOnPublicHost(request.headers, tenant)) {
    // The identity server sends people back to that address, and the cookies of the dance have to be there.
    return answerWith(call, publicLoginUrl(tenant, callbackPath));
  }
  if (action === "error" || (action === "signin" && !isPost)) {
    return answerWith(call, loginPath(codeIn(request), callbackPath));
  }
  const csrfToken = isPost ? ownCsrfToken(request) : null;
  const dance: Dance = { signedIn: null, failure: null, limit: null, fault: null };
  const options = await optionsFor(call, dance);
  const raw = dance.failure ? nothing : await run(call, options, callbackPath, csrfToken);
  if (dance.fault) throw dance.fault.error;

  const cookies = raw.cookies.filter((cookie) => isToBeSet(cookie, action));
  if (action === "callback" && provider === "idp") cookies.push(...clearedDanceCookies());
  if (raw.body !== null) return withCookies(Response.json(raw.body, { headers: privateHeaders }), cookies);

  const failure = dance.failure ?? (isAstray(raw.location, tenant) ? lostDance(call) : null);
  if (failure) {
    const { requestId } = requestContext.getStore() ?? {};
    const cause = { failure: failure.code, cause: failure.message };
    log().info({ requestId, tenant: tenant.code, ...cause }, "sign-in refused");
    return withCookies(
      answerWith(call, loginPath(failure.code, callbackPath), failure, dance.limit),
      cookies,
    );
  }
  if (action === "signin" && isPost) {
    cookies.push(danceCookie("started", String(now().getTime()), signInSeconds));
  }
  if (dance.signedIn) {
    const { token, session } = dance.signedIn;
    cookies.push(interactiveCookie(token, session.expiresAt));
  }
  return withCookies(answerWith(call, withinSite(raw.location ?? "/", tenant)), cookies);
}

async function optionsFor(call: InteractiveCall, dance: Dance): Promise<AuthOptions> {
  const { tenant } = call;
  let live: Session | null = null;
  return {
    secret: secretOf(tenant),
    session: { strategy: "jwt", maxAge: tenant.interactiveSeconds },
    pages: { signIn: "/login", error: "/login" },
    useSecureCookies: true,
    cookies: {
      sessionToken: cookieOption("__Host-session"),
      callbackUrl: cookieOption(danceCookieName("callback-url")),
      csrfToken: cookieOption(danceCookieName("csrf-token")),
      state: cookieOption(danceCookieName("state"), signInSeconds),
      nonce: cookieOption(danceCookieName("nonce"), signInSeconds),
      pkceCodeVerifier: cookieOption(danceCookieName("pkce.code_verifier"), signInSeconds),
    },
    providers: [tenant.oauth2 ? await identityServer(call, dance) : accounts(call, dance)],
    callbacks: {
      redirect: ({ url, baseUrl }) => `${baseUrl}${safeRedirectPath(url, baseUrl)}`,
      session: ({ session }) => ({ ...session, expires: live?.expiresAt.toISOString() ?? session.expires }),
    },
    jwt: {
      encode: async () => dance.signedIn?.token ?? "",
      decode: async ({ token }) => {
        live = await noting(dance, () => findLive(tenant, token ?? ""));
        if (!live) return null;
        const { id, profile } = live.member;
        return { sub: id, name: `${profile.givenName} ${profile.familyName}`, email: profile.emailAddress };
      },
    },
    logger: { error: () => undefined, warn: () => undefined, debug: () => undefined }, // ours says why
  };
}

async function findLive(tenant: Tenant, token: string): Promise<Session | null> {
  const credential = await openToken(token);
  if (!credential) return null;
  const presented = [{ ...credential, rank: cookieRanks["__Host-session"] }];
  return (await readSession(tenant, presented, { isActivity: false }))?.session ?? null;
}

/** The tenant's identity server, which is looked up only where somebody leaves for it or comes back. */
async function identityServer({ request, tenant, action }: InteractiveCall, dance: Dance): Promise<Provider> {
  const { providerName = "", clientId = "", scope = "" } = tenant.oauth2 ?? {};
  // A call without the cookies of a sign-in cannot end well, and is no reason to ask the server anything.
  const isBack = action === "callback" && readCookie(request.headers, danceCookieName("state")) !== null;
  const isDancing = isBack || (action === "signin" && request.method === "POST");
  const server = isDancing ? await noting(dance, () => findAuthorizationUrl(tenant)) : null;
  return {
    ...{ id: "idp", name: providerName, type: "oauth", clientId, issuer: tenant.publicUrl },
    authorization: { url: server?.url ?? tenant.publicUrl, params: { scope } },
    checks: server?.isOpenId === false ? ["pkce", "state"] : ["pkce", "state", "nonce"],
    token: {
      request: async ({ checks }) => {
        await noting(dance, () => finishDance(request, tenant, checks, dance));
        return { tokens: {} };
      },
    },
    userinfo: { request: async () => ({}) }, // asked for by then
    profile: () => ({ id: dance.signedIn?.session.member.id ?? "" }),
  };
}

/** The person is back: the answer is taken to the identity server, and opens a session. */
async function finishDance(
  request: Request,
  tenant: Tenant,
  { state = "", nonce = "", code_verifier: codeVerifier = "" }: OAuthChecks,
  dance: Dance,
): Promise<void> {
  const startedAtMs = Number(readCookie(request.headers, danceCookieName("started")) ?? Number.NaN);
  const tookMs = now().getTime() - startedAtMs;
  if (!(tookMs >= 0 && tookMs < signInSeconds * 1000)) {
    throw new SignInFailure("state_invalid", `The sign-in was begun over ${signInSeconds} s ago.`);
  }
  const { token, credential } = await mintToken();
  const parameters = new URL(request.url).searchParams;
  const redirectUri = `${tenant.publicUrl}/api/auth/callback/idp`;
  const session = await signInByProvider({
    ...{ tenant, credential, deviceName: deviceNameOf(request.headers) },
    answer: { parameters, state, nonce, codeVerifier, redirectUri },
    browser: await readCookieCredentials(request.headers),
  });
  dance.signedIn = { session, token };
}

type OAuthChecks = {
  state?: string | undefined;
  nonce?: string | undefined;
  code_verifier?: string | undefined;
};

/** Laurel accounts, where the tenant has no identity server. */
function accounts({ request, tenant, body }: InteractiveCall, dance: Dance): Provider {
  const signIn = async () => {
    const { token, credential } = await mintToken();
    const session = await signInWithPassword({
      ...{ tenant, credential, deviceName: deviceNameOf(request.headers) },
      ...{ emailAddress: body.email ?? "", password: body.password ?? "", ...passwordTries(request, tenant) },
      browser: await readCookieCredentials(request.headers),
    });
    dance.signedIn = { session, token };
    return { id: session.member.id };
  };
  return {
    ...{ id: "credentials", name: tenant.name, type: "credentials", credentials: {} },
    authorize: () => noting(dance, signIn),
  };
}

/** Runs a part of the dance, and notes what becomes of it. */
async function noting<Value>(dance: Dance, run: () => Promise<Value>): Promise<Value | null> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SignInFailure) dance.failure = error;
    else if (error instanceof DomainError && error.code === "rate_limited") {
      dance.limit = error;
      dance.failure = new SignInFailure("rate_limited", error.message);
    } else dance.fault = { error };
    return null;
  }
}

type Raw = { location: string | null; cookies: string[]; body: unknown };

const nothing: Raw = { location: null, cookies: [], body: null };

/** Hands a call to next-auth as its handler for pages takes it, and collects what it would send. */
async function run(
  { request, tenant, action, provider, body }: InteractiveCall,
  options: AuthOptions,
  callbackPath: string,
  csrfToken: string | null,
): Promise<Raw> {
  const { publicUrl } = tenant;
  const { host, protocol } = new URL(publicUrl);
  const names = ["csrf-token", "state", "nonce", "pkce.code_verifier"] as const;
  const given = ["__Host-session", ...names.map(danceCookieName)].flatMap((name) => {
    const value = readCookie(request.headers, name);
    return value === null ? [] : [[name, value]];
  });
  const csrf = csrfToken === null ? {} : { [danceCookieName("csrf-token")]: signedCsrf(csrfToken, options) };
  const raw: Raw = { location: null, cookies: [], body: null };
  const response = {
    status: () => response,
    getHeader: (name: string) => (name === "Set-Cookie" ? raw.cookies : undefined),
    setHeader(name: string, value: string | string[]) {
      if (name === "Set-Cookie") raw.cookies = [value].flat();
      if (name === "Location") raw.location = String(value);
      return response;
    },
    json: (value: unknown) => {
      raw.body = value;
    },
    send: (value: unknown) => {
      raw.body = value;
    },
    end: () => undefined,
  };
  const call = {
    method: request.method,
    headers: { "x-forwarded-host": host, "x-forwarded-proto": protocol.replace(":", "") },
    query: { nextauth: provider === null ? [action] : [action, provider] }, // a parameter would go on to the server
    cookies: { ...Object.fromEntries(given), ...csrf },
    body: { csrfToken: csrfToken ?? body.csrfToken ?? "", callbackUrl: `${publicUrl}${callbackPath}` },
  };
  await runNextAuth(call as unknown as NextApiRequest, response as unknown as NextApiResponse, options);
  return raw;
}

/**
 * A page of ours, by its Origin, needs no token in its form: it gets one here. Who sends no Origin (no browser) brings
 * next-auth's own. Refuses `cross_site_request`.
 */
function ownCsrfToken(request: Request): string | null {
  if (!request.headers.has("origin") && !request.headers.has("sec-fetch-site")) return null;
  requireSameOrigin(request);
  return randomBytes(32).toString("hex");
}

/** As next-auth signs the token in its cookie. */
function signedCsrf(token: string, { secret }: AuthOptions): string {
  return `${token}|${createHash("sha256").update(`${token}${secret}`).digest("hex")}`;
}

/** Each programme's own, so that what was begun in one is nothing in another. */
function secretOf({ id }: Tenant): string {
  const [newest] = env().LAUREL_SECRET;
  if (!newest) throw new Error("LAUREL_SECRET is not set; the start script sees to it.");
  return Buffer.from(hkdfSync("sha256", newest, id, "laurel interactive sign-in", 32)).toString("base64url");
}

function cookieOption(name: string, maxAge?: number) {
  const options = { httpOnly: true, secure: true, sameSite: "lax", path: "/" } as const;
  return { name, options: maxAge === undefined ? options : { ...options, maxAge } };
}

/** next-auth also sets its session's cookie, and on every answer a CSRF token and where to go. */
function isToBeSet(cookie: string, action: InteractiveCall["action"]): boolean {
  if (cookie.startsWith("__Host-session")) return false;
  if (cookie.startsWith(`${danceCookieName("csrf-token")}=`)) return action === "csrf";
  if (action === "callback") return false; // all that it sets there it takes away, and so do we
  return action === "signin" || !cookie.startsWith(`${danceCookieName("callback-url")}=`);
}

/** Where the person was going: what the form or address says, or what was kept when they left. */
function callbackPathOf({ request, tenant, body }: InteractiveCall): string {
  const { searchParams } = new URL(request.url);
  const sent = body.callbackUrl ?? searchParams.get("callbackUrl");
  const kept = readCookie(request.headers, danceCookieName("callback-url"));
  return safeRedirectPath(sent ?? kept, tenant.publicUrl);
}

/** The code of an address that somebody was sent to; nothing else of it is handed on. */
function codeIn(request: Request): string | null {
  const code = new URL(request.url).searchParams.get("error");
  return code && /^[A-Za-z_]{1,40}$/.test(code) ? code : null;
}

/** next-auth leads to its own pages where it gave up. */
function isAstray(location: string | null, { publicUrl }: Tenant): boolean {
  return location === null || location.startsWith(`${publicUrl}/api/auth/`);
}

function lostDance({ action, provider }: InteractiveCall): SignInFailure {
  const isForm = action === "signin" || provider === "credentials";
  const cause = isForm
    ? "The form had no good CSRF token."
    : "The cookies of the sign-in are missing or not ours.";
  return new SignInFailure("state_invalid", cause);
}

function withinSite(location: string, { publicUrl }: Tenant): string {
  const { origin, pathname, search, hash } = new URL(location, publicUrl);
  return origin === publicUrl ? `${pathname}${search}${hash}` : location;
}

/** A form is sent on; a script (`json=true`, as next-auth's own client sends it) is told where. */
function answerWith(
  { body, tenant }: InteractiveCall,
  location: string,
  failure: SignInFailure | null = null,
  limit: DomainError | null = null,
): Response {
  const headers = { ...privateHeaders, ...(limit ? retryHeaders(limit) : {}) };
  if (body.json !== "true") {
    return new Response(null, { status: 303, headers: { ...headers, Location: location } });
  }
  const status = limit ? 429 : failure ? 401 : 200;
  return Response.json({ url: new URL(location, tenant.publicUrl).href }, { status, headers });
}
