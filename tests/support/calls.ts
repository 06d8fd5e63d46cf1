/** Calls of route handlers, as the start script would hand them on. */
import { randomUUID } from "node:crypto";

import * as activateRoute from "#app/api/auth/activate/route.ts";
import * as authRoute from "#app/api/auth/route.ts";
import * as everywhereRoute from "#app/api/session/everywhere/route.ts";
import * as exportRoute from "#app/api/session/member/export/route.ts";
import * as memberRoute from "#app/api/session/member/route.ts";
import * as othersRoute from "#app/api/session/others/[id]/route.ts";
import * as purchasesRoute from "#app/api/session/purchases/route.ts";
import * as redemptionsRoute from "#app/api/session/redemptions/route.ts";
import { DELETE, GET, POST } from "#app/api/session/route.ts";
import * as themeRoute from "#app/api/session/theme/route.ts";
import { ownedHeaders } from "#lib/http/request-facts.ts";
import { profile, type TestTenant } from "#tests/support/factories.ts";

export type Answer = { status: number; headers: Headers; cookies: string[]; json: Json };
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON is what a test is about to look at
type Json = any;

type Call = { headers?: Record<string, string>; body?: unknown; address?: string };

const sessionHandlers = { GET, POST, DELETE };

/** POST /api/auth by the tenant's own server, unless `call` says otherwise. */
export function postAuth(tenant: TestTenant, call: Call = {}): Promise<Answer> {
  const headers = { "x-client-id": tenant.clientId, "content-type": "application/json", ...call.headers };
  const body = call.body ?? { selector: { authIdentifier: "user-1" }, profile };
  return answerOf(authRoute.POST(requestTo(tenant, "/api/auth", { ...call, method: "POST", headers, body })));
}

export function deleteAuth(
  tenant: TestTenant,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = { "x-client-id": tenant.clientId, "content-type": "application/json", ...headers };
  return answerOf(
    authRoute.DELETE(requestTo(tenant, "/api/auth", { method: "DELETE", headers: sent, body })),
  );
}

/** A link, opened by a browser with these cookies. */
export function openLink(
  tenant: TestTenant,
  query: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = { accept: "application/json", ...headers }; // the pages are for the tests of the real server
  return answerOf(authRoute.GET(requestTo(tenant, `/api/auth?${query}`, { headers: sent })));
}

export function preflightAuth(tenant: TestTenant, headers: Record<string, string>): Promise<Answer> {
  return answerOf(authRoute.OPTIONS(requestTo(tenant, "/api/auth", { method: "OPTIONS", headers })));
}

export function headAuth(tenant: TestTenant, query: string): Promise<Answer> {
  return answerOf(authRoute.HEAD(requestTo(tenant, `/api/auth?${query}`, { method: "HEAD" })));
}

export function postActivate(tenant: TestTenant, call: Call): Promise<Answer> {
  const headers = { origin: `http://${tenant.host}`, "content-type": "application/json", ...call.headers };
  return answerOf(
    activateRoute.POST(requestTo(tenant, "/api/auth/activate", { ...call, method: "POST", headers })),
  );
}

/** /api/session, with these cookies; changes come from the tenant's own origin unless `headers` say otherwise. */
export function callSession(
  tenant: TestTenant,
  method: "GET" | "POST" | "DELETE",
  cookie: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const own: Record<string, string> = method === "GET" ? {} : { origin: `http://${tenant.host}` };
  const request = requestTo(tenant, "/api/session", { method, headers: { ...own, cookie, ...headers } });
  return answerOf(sessionHandlers[method](request));
}

/** DELETE /api/session/member: the member leaves the programme. */
export function leaveProgramme(
  tenant: TestTenant,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answer> {
  return answerOf(
    memberRoute.DELETE(requestTo(tenant, "/api/session/member", { method: "DELETE", headers, body })),
  );
}

/** Headers of a call; null takes away one that the helper would send. */
type Changed = Record<string, string | null>;

/** PATCH /api/session/member, from the tenant's own origin unless `headers` say otherwise. */
export function patchMember(
  tenant: TestTenant,
  cookie: string,
  body: unknown,
  headers: Changed = {},
): Promise<Answer> {
  const sent = ownHeaders(tenant, cookie, { "content-type": "application/json", ...headers });
  const request = requestTo(tenant, "/api/session/member", { method: "PATCH", headers: sent, body });
  return answerOf(memberRoute.PATCH(request));
}

/** PUT /api/session/theme, from the tenant's own origin unless `headers` say otherwise. */
export function putTheme(
  tenant: TestTenant,
  cookie: string,
  body: unknown,
  headers: Changed = {},
): Promise<Answer> {
  const sent = ownHeaders(tenant, cookie, { "content-type": "application/json", ...headers });
  return answerOf(
    themeRoute.PUT(requestTo(tenant, "/api/session/theme", { method: "PUT", headers: sent, body })),
  );
}

/** GET /api/session/member/export, as our own page's link asks for it unless `headers` say otherwise. */
export function exportMember(tenant: TestTenant, cookie: string, headers: Changed = {}): Promise<Answer> {
  const sent = ownHeaders(tenant, cookie, { origin: null, "sec-fetch-site": "same-origin", ...headers });
  return answerOf(exportRoute.GET(requestTo(tenant, "/api/session/member/export", { headers: sent })));
}

/** DELETE /api/session/others/{id}: signs out somewhere else. */
export function endOther(
  tenant: TestTenant,
  cookie: string,
  id: string,
  headers: Changed = {},
): Promise<Answer> {
  const sent = ownHeaders(tenant, cookie, headers);
  const request = requestTo(tenant, `/api/session/others/${id}`, { method: "DELETE", headers: sent });
  return answerOf(othersRoute.DELETE(request, { params: Promise.resolve({ id }) }));
}

/** DELETE /api/session/everywhere: signs out wherever the member is signed in. */
export function endEverywhere(tenant: TestTenant, cookie: string, headers: Changed = {}): Promise<Answer> {
  const sent = ownHeaders(tenant, cookie, headers);
  return answerOf(
    everywhereRoute.DELETE(requestTo(tenant, "/api/session/everywhere", { method: "DELETE", headers: sent })),
  );
}

/** What the pages send to buy and to redeem, from the tenant's own origin unless `headers` say otherwise. */
export function postFromPage(
  tenant: TestTenant,
  what: "purchases" | "redemptions",
  call: Call & { cookie?: string; key?: string | null },
): Promise<Answer> {
  const { cookie = "", key = randomUUID(), body } = call;
  const headers = {
    ...{ origin: `http://${tenant.host}`, cookie, "content-type": "application/json" },
    ...(key === null ? {} : { "idempotency-key": key }),
    ...call.headers,
  };
  const request = requestTo(tenant, `/api/session/${what}`, { method: "POST", headers, body });
  return answerOf(what === "purchases" ? purchasesRoute.POST(request) : redemptionsRoute.POST(request));
}

export async function isSignedIn(tenant: TestTenant, cookie: string): Promise<boolean> {
  return (await callSession(tenant, "GET", cookie)).json.data.authenticated;
}

/** The value of a cookie that an answer sets, as a browser would send it back. */
export function cookieOf({ cookies }: Answer, name = "session"): string {
  const cookie = cookies.find((each) => each.startsWith(`${name}=`));
  return cookie?.split(";")[0] ?? "";
}

function ownHeaders(tenant: TestTenant, cookie: string, changed: Changed): Record<string, string> {
  const all = Object.entries({ origin: `http://${tenant.host}`, cookie, ...changed });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

function requestTo(tenant: TestTenant, path: string, call: Call & { method?: string }): Request {
  const { method = "GET", headers = {}, body, address = "192.0.2.1" } = call;
  const sent = { host: tenant.host, [ownedHeaders.clientAddress]: address, ...headers };
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Request(`http://${tenant.host}${path}`, {
    method,
    headers: sent,
    ...(text === undefined ? {} : { body: text }),
  });
}

async function answerOf(answer: Promise<Response>): Promise<Answer> {
  const response = await answer;
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    cookies: response.headers.getSetCookie(),
    json: isJson ? JSON.parse(text) : text,
  };
}
