/**
 * The session token and the cookies that carry it. The only importer of iron-session: the token is its seal around the
 * id of a row, and the row keeps a hash of it, because a seal alone can be altered and still open.
 */
import { createHash } from "node:crypto";
import { sealData, unsealData } from "iron-session";
import QuickLRU from "quick-lru";

import { now } from "#lib/config/clock.ts";
import { env } from "#lib/config/env.ts";
import { isUuid, newId, type SessionId } from "#lib/domain/ids.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import { cookieRanks, type RankedCredential, type SessionCredential } from "#lib/domain/sessions/session.ts";
import { isWithin } from "#lib/domain/tenants/cookie-domain.ts";
import { hostnameOf } from "#lib/domain/tenants/hostname.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { clearedPreferenceCookies } from "#lib/http/preference-cookies.ts";
import { decodedCookie, readCookie } from "#lib/http/read-cookie.ts";
import { hostOf } from "#lib/http/request-facts.ts";

type CookieName = keyof typeof cookieRanks;

const tokenForm = /^[A-Za-z0-9._~*-]{1,1024}$/;
const tokensReadMax = 8; // more cookies than any honest browser has of ours

// What a token names never changes, and to break its seal takes longer than to ask for the row, which decides all the same. So
// the ids of seals that were ours are kept by the hash of the whole token, for as long as the secrets are the same.
const idsKeptMax = 10_000; // the cache may hold up to twice as many
let kept = { secrets: "", ids: new QuickLRU<string, SessionId>({ maxSize: idsKeptMax }) };

/** A new token, and the credential whose row is to be made. */
export async function mintToken(): Promise<{ token: string; credential: SessionCredential }> {
  const id = newId<SessionId>();
  const [newest] = env().LAUREL_SECRET;
  if (!newest) throw new Error("LAUREL_SECRET is not set; the start script sees to it.");
  // No lifetime in the seal: the row decides.
  const token = await sealData({ id }, { password: { [passwordId(newest)]: newest }, ttl: 0 });
  return { token, credential: { id, tokenHash: hashSecret(token) } };
}

/** What a token names, if it is one of ours; whether that session lives, the database says. */
export async function openToken(token: string): Promise<SessionCredential | null> {
  if (!tokenForm.test(token)) return null;
  const tokenHash = hashSecret(token);
  const ids = idsSealedBy(env().LAUREL_SECRET);
  const id = ids.get(tokenHash) ?? (await unsealId(token));
  if (!id) return null;
  ids.set(tokenHash, id);
  return { id, tokenHash };
}

async function unsealId(token: string): Promise<SessionId | null> {
  const password = Object.fromEntries(env().LAUREL_SECRET.map((secret) => [passwordId(secret), secret]));
  const { id } = await unsealData<{ id?: unknown }>(token, { password, ttl: 0 });
  return typeof id === "string" && isUuid(id) ? (id as SessionId) : null;
}

function idsSealedBy(secretList: readonly string[]): typeof kept.ids {
  const secrets = secretList.join();
  if (kept.secrets !== secrets) kept = { secrets, ids: new QuickLRU({ maxSize: idsKeptMax }) };
  return kept.ids;
}

/** Every session token among the cookies, also where a name is there twice. */
export async function readCookieCredentials(headers: Headers): Promise<RankedCredential[]> {
  // By rank before the cut: a site that plants many cookies must not push the better ones out.
  const found = cookiePairs(headers.get("cookie") ?? "")
    .sort((a, b) => cookieRanks[a.name] - cookieRanks[b.name])
    .slice(0, tokensReadMax);
  const credentials = await Promise.all(
    found.map(async ({ name, value }) => {
      const credential = await openToken(value);
      return credential && { ...credential, rank: cookieRanks[name] };
    }),
  );
  return credentials.filter((credential) => credential !== null);
}

/** The two cookies of a host's shared domain, as `POST /api/auth` shows them to the host's server. */
export function sharedCookies(token: string, maxAgeSeconds: number, cookieDomain: string | null): string[] {
  const domain = cookieDomain ? `Domain=${cookieDomain}; ` : "";
  const common = `Max-Age=${maxAgeSeconds}; ${domain}Path=/; HttpOnly; Secure`;
  return [`session=${token}; ${common}; SameSite=None`, `session_legacy=${token}; ${common}`];
}

/**
 * The cookies of an activation. Inside another site's page only a partitioned cookie stays; a domain that the microsite's
 * host does not belong to would make the browser drop the cookie, so there it is left out.
 */
export function activationCookies(
  request: Request,
  tenant: Tenant,
  token: string,
  expiresAt: Date,
  isPartitioned: boolean,
): string[] {
  const maxAgeSeconds = maxAgeSecondsUntil(expiresAt);
  if (isPartitioned) return [partitionedCookie(token, maxAgeSeconds)];
  return sharedCookies(token, maxAgeSeconds, reachableDomain(request, tenant));
}

/** The cookie of an interactive sign-in. */
export function interactiveCookie(token: string, expiresAt: Date): string {
  return hostCookie("__Host-session", token, maxAgeSecondsUntil(expiresAt));
}

/** Rounded up: the row decides, and a cookie that goes first would end a session before its time. */
function maxAgeSecondsUntil(expiresAt: Date): number {
  return Math.max(0, Math.ceil((expiresAt.getTime() - now().getTime()) / 1000));
}

const signUpCookieName = "__Host-sign-up";
const signUpSeconds = 86_400; // as long as the link that it stands for

/** By this the browser that signed up is known again when the link in the mail is opened. */
export function signUpCookie(secret: string): string {
  return hostCookie(signUpCookieName, secret, signUpSeconds);
}

export function clearedSignUpCookie(): string {
  return hostCookie(signUpCookieName, "", 0);
}

export function readSignUpSecret(headers: Headers): string | null {
  return readCookie(headers, signUpCookieName);
}

/** What interactive sign-in keeps in the browser while somebody is at the identity server. */
const danceCookieParts = [
  "callback-url",
  "csrf-token",
  "state",
  "nonce",
  "pkce.code_verifier",
  "started",
] as const;

export function danceCookieName(part: (typeof danceCookieParts)[number]): string {
  return `__Host-next-auth.${part}`;
}

export function danceCookie(
  part: (typeof danceCookieParts)[number],
  value: string,
  maxAgeSeconds: number,
): string {
  return hostCookie(danceCookieName(part), value, maxAgeSeconds);
}

/** An answer from the identity server is looked at once, whatever becomes of it. */
export function clearedDanceCookies(): string[] {
  return danceCookieParts.filter((part) => part !== "csrf-token").map((part) => danceCookie(part, "", 0));
}

function hostCookie(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=Lax`;
}

/** An answer with these cookies; appended one by one, as `Set-Cookie` cannot be joined. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

/**
 * The browser is signed out: no cookie of this site, no cached page, nothing stored. `redirectTo`: where the person can
 * sign out of the identity server, too.
 */
export function signedOutAnswer(request: Request, tenant: Tenant, redirectTo: string | null): Response {
  const answer = jsend.success({ redirectTo }, { "Clear-Site-Data": '"cache", "storage"' });
  return withCookies(answer, clearedCookies(request, tenant));
}

function partitionedCookie(token: string, maxAgeSeconds: number): string {
  return `__Host-session_p=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=None; Partitioned`;
}

/** Takes every cookie of this site away, preferences too: the same attributes, and no time left. */
export function clearedCookies(request: Request, tenant: Tenant): string[] {
  return [
    partitionedCookie("", 0),
    hostCookie("__Host-session", "", 0),
    ...sharedCookies("", 0, reachableDomain(request, tenant)),
    ...clearedPreferenceCookies(),
    ...(tenant.authMode === "interactive"
      ? [clearedSignUpCookie(), ...danceCookieParts.map((part) => danceCookie(part, "", 0))]
      : []),
  ];
}

/** By what browsers say of a frame's navigation, or of a cross-site page's fetch: contract 3.2. */
export function isInForeignPage(headers: Headers): boolean {
  const destination = headers.get("sec-fetch-dest");
  const isCrossSite = headers.get("sec-fetch-site") === "cross-site";
  if (isCrossSite && (destination === "iframe" || destination === "empty")) return true;
  return headers.has("sec-fetch-storage-access");
}

function reachableDomain(request: Request, { cookieDomain }: Tenant): string | null {
  const hostname = hostnameOf(hostOf(request.headers));
  return cookieDomain && hostname && isWithin(hostname, cookieDomain) ? cookieDomain : null;
}

function cookiePairs(header: string): { name: CookieName; value: string }[] {
  return header.split(";").flatMap((pair) => {
    const separator = pair.indexOf("=");
    const name = pair.slice(0, separator).trim();
    if (separator === -1 || !Object.hasOwn(cookieRanks, name)) return [];
    return [{ name: name as CookieName, value: decodedCookie(pair.slice(separator + 1).trim()) }];
  });
}

/** iron-session names the key in the seal by a number; it must stay the same when the list of secrets changes. */
function passwordId(secret: string): number {
  return createHash("sha256").update(secret).digest().readUInt32BE(0);
}
