/**
 * A person's browser in front of the route handlers: it keeps cookies by host as browsers do, says where a form comes from,
 * and goes to an identity server and back. It keeps a cookie past its time, as a stolen one is kept: the server has to look.
 */
import * as nextAuthRoute from "#app/api/auth/[...nextauth]/route.ts";
import * as backchannelRoute from "#app/api/auth/backchannel-logout/route.ts";
import * as authRoute from "#app/api/auth/route.ts";
import * as signoutRoute from "#app/api/auth/signout/route.ts";
import * as sessionRoute from "#app/api/session/route.ts";
import { now } from "#lib/config/clock.ts";
import { ownedHeaders } from "#lib/http/request-facts.ts";
import { findRoute } from "#lib/http/route-table.ts";
import type { Answer } from "#tests/support/calls.ts";
import type { TestTenant } from "#tests/support/factories.ts";
import type { Claims, OpenIdProvider } from "#tests/support/openid-provider.ts";

type Handler = (request: Request) => Promise<Response>;

const handlers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "/api/auth": authRoute,
  "/api/auth/signout": signoutRoute,
  "/api/auth/backchannel-logout": backchannelRoute,
  "/api/session": sessionRoute,
};

/** Headers of a call; null takes away one that the browser would send. */
type Changed = Record<string, string | null>;

export type Browser = {
  get(address: string, headers?: Changed): Promise<Answer>;
  /** Sends a form; a text is sent as it is. */
  post(address: string, form?: Record<string, string> | string, headers?: Changed): Promise<Answer>;
  delete(address: string): Promise<Answer>;
  /** Presses the button of the sign-in page: where the browser is sent. */
  leave(callbackUrl?: string): Promise<string>;
  /** There and back again, with what the last answer is. */
  signIn(provider: OpenIdProvider, options?: { person?: Claims; callbackUrl?: string }): Promise<Answer>;
  isSignedIn(): Promise<boolean>;
  /** What it keeps for the programme's host, as a Cookie header. */
  cookie(): string;
  cookieNames(): string[];
  /** Changes a cookie behind the server's back; null takes it away. */
  plant(name: string, value: string | null): void;
  /** Somebody else's, who has got hold of its cookies, maybe in front of another programme. */
  copy(of?: TestTenant): Browser;
};

export function openBrowser(tenant: TestTenant, kept: ReadonlyMap<string, string> = new Map()): Browser {
  const jar = new Map(kept); // of the programme's own host; others are only visited once

  async function call(method: string, address: string, changed: Changed, body?: string): Promise<Answer> {
    const url = new URL(address, `http://${tenant.host}`);
    const isOwn = url.host === tenant.host;
    const own: Changed = {
      host: url.host,
      [ownedHeaders.clientAddress]: "192.0.2.1",
      cookie: isOwn && jar.size > 0 ? browser.cookie() : null,
      origin: method === "GET" ? null : url.origin,
      "content-type": body === undefined ? null : "application/x-www-form-urlencoded",
    };
    const headers = Object.entries({ ...own, ...changed }).filter((entry) => entry[1] !== null);
    const init = { method, headers: headers as [string, string][], ...(body === undefined ? {} : { body }) };
    const answer = await handle(new Request(url, init));
    if (isOwn) for (const cookie of answer.cookies) keep(jar, cookie);
    return answer;
  }

  const browser: Browser = {
    get: (address, headers = {}) => call("GET", address, headers),
    post: (address, form = {}, headers = {}) =>
      call("POST", address, headers, typeof form === "string" ? form : new URLSearchParams(form).toString()),
    delete: (address) => call("DELETE", address, {}),
    async leave(callbackUrl) {
      const { headers } = await browser.post(
        "/api/auth/signin/idp",
        callbackUrl === undefined ? {} : { callbackUrl },
      );
      return headers.get("location") ?? "";
    },
    async signIn(provider, { person, callbackUrl } = {}) {
      return browser.get(await provider.authorize(await browser.leave(callbackUrl), person));
    },
    isSignedIn: async () => (await browser.get("/api/session")).json.data.authenticated,
    cookie: () => Array.from(jar, ([name, value]) => `${name}=${value}`).join("; "),
    cookieNames: () => [...jar.keys()].sort(),
    plant(name, value) {
      if (value === null) jar.delete(name);
      else jar.set(name, value);
    },
    copy: (of = tenant) => openBrowser(of, jar),
  };
  return browser;
}

/** As the start script hands a request on, which knows the paths and their methods. */
async function handle(request: Request): Promise<Answer> {
  const { pathname } = new URL(request.url);
  if (!findRoute(pathname)?.methods.includes(request.method)) {
    throw new Error(`The start script does not hand on ${request.method} ${pathname}.`);
  }
  const handler = (handlers[pathname] ?? nextAuthRoute)[request.method as "GET"] as Handler;
  const response = await handler(request);
  const text = await response.text();
  const { status, headers } = response;
  const isJson = headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status, headers, cookies: headers.getSetCookie(), json: isJson ? JSON.parse(text) : text };
}

/** RFC 6265, and what a name with `__Host-` promises, by which a browser drops what does not keep it. */
function keep(jar: Map<string, string>, setCookie: string): void {
  const [pair = "", ...attributes] = setCookie.split("; ");
  const name = pair.slice(0, pair.indexOf("="));
  const attribute = (key: string) =>
    attributes.find((each) => each.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
  const isHostOnly = !attributes.some((each) => each.toLowerCase().startsWith("domain"));
  const isGoodHost = isHostOnly && attributes.includes("Secure") && attribute("path") === "/";
  if (name.startsWith("__Host-") && !isGoodHost) throw new Error(`A browser drops ${setCookie}.`);

  const maxAge = attribute("max-age");
  const expires = attribute("expires");
  const isOver =
    maxAge === undefined ? expires !== undefined && new Date(expires) <= now() : Number(maxAge) <= 0;
  if (isOver) jar.delete(name);
  else jar.set(name, pair.slice(name.length + 1));
}
