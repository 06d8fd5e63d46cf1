/** /api/auth: the host's door. Its server makes members and sessions here; links and its pages activate them. */
import { activationPage, brokenLinkPage } from "#app/api/auth/pages.tsx";
import { DomainError } from "#lib/domain/errors.ts";
import { activateByLink, activateDirectly } from "#lib/domain/sessions/activate-session.ts";
import { endSessionByHost, endSessionsByHost } from "#lib/domain/sessions/end-session.ts";
import { upsertEmbeddedSession } from "#lib/domain/sessions/upsert-embedded-session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { embeddedRoute } from "#lib/http/api-route.ts";
import { requireClient } from "#lib/http/client-auth.ts";
import { deviceNameOf } from "#lib/http/device-name.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { allowHostOrigin, answerPreflight } from "#lib/http/host-cors.ts";
import { prefersJson } from "#lib/http/prefers-json.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { redirectAfterActivation, safeRedirectPath } from "#lib/http/redirect-path.ts";
import { isPrefetch } from "#lib/http/request-facts.ts";
import { endSessionsInput, upsertSessionInput } from "#lib/http/schemas/auth.ts";
import { userJson } from "#lib/http/schemas/member.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import {
  activationCookies,
  isInForeignPage,
  mintToken,
  openToken,
  readCookieCredentials,
  sharedCookies,
  withCookies,
} from "#lib/http/session-cookie.ts";

/** POST /api/auth: the host's server makes or updates a member, and gets a session token for it. */
export const POST = embeddedRoute(async (request, tenant) => {
  const clientSecretId = await requireClient(request, tenant);
  const { selector, profile: sent } = parseInput(upsertSessionInput, await readJsonBody(request));
  const { token, credential } = await mintToken();
  const { authIdentifier } = selector;

  const member = await upsertEmbeddedSession({
    tenant,
    clientSecretId,
    authIdentifier,
    profile: sent.profile,
    credential,
  });

  const { warnings } = sent;
  const data = { user: userJson(member), session: token };
  const answer = jsend.success(Object.keys(warnings).length > 0 ? { ...data, warnings } : data);
  return withCookies(answer, sharedCookies(token, tenant.embeddedSeconds, tenant.cookieDomain));
});

/** GET /api/auth: activation, by a link (`?session=`) or by a host's page (`Authorization: Bearer`). */
export const GET = embeddedRoute(async (request, tenant) => {
  if (isPrefetch(request.headers)) return new Response(null, { status: 204 });

  const isByBearer = request.headers.has("authorization");
  const isByLink = new URL(request.url).searchParams.has("session");
  if (isByBearer && isByLink) {
    throw new DomainError("invalid_input", {
      fields: { session: "Send the token either in the address or as a bearer, not both." },
    });
  }
  return isByBearer ? activateForHostPage(request, tenant) : activateLink(request, tenant);
});

/** HEAD /api/auth: what looks before it goes spends no token. */
export const HEAD = embeddedRoute(async () => new Response(null, { status: 204 }));

/** DELETE /api/auth: the host's server signs a member out, everywhere or of one session. */
export const DELETE = embeddedRoute(async (request, tenant) => {
  await requireClient(request, tenant);
  const { selector, session } = parseInput(endSessionsInput, await readJsonBody(request));
  const endedSessions = selector
    ? await endSessionsByHost(tenant.id, selector.authIdentifier)
    : await endSessionByHost(tenant.id, await openToken(session ?? ""));
  return jsend.success({ endedSessions });
});

/** OPTIONS /api/auth: a host's page may activate; making members is for servers. */
export const OPTIONS = embeddedRoute(async (request, tenant) => answerPreflight(request, tenant));

async function activateLink(request: Request, tenant: Tenant): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const path = safeRedirectPath(searchParams.get("redirect_path"), tenant.publicUrl);
  requireNavigation(request);

  const sessions = searchParams.getAll("session");
  const { token, credential: next } = await mintToken();
  const browser = await readCookieCredentials(request.headers);
  try {
    const presented = sessions.length === 1 ? await openToken(sessions[0] ?? "") : null;
    const isPartitioned = isInForeignPage(request.headers);
    const deviceName = deviceNameOf(request.headers);
    const activation = await activateByLink({ tenant, presented, browser, isPartitioned, next, deviceName });
    if (activation.outcome === "confirmation_needed") {
      return await activationPage({ request, tenant, path, ...activation });
    }
    const redirect = redirectAfterActivation(path);
    if (activation.outcome === "already_here") return redirect;
    const { expiresAt } = activation.session;
    return withCookies(redirect, activationCookies(request, tenant, token, expiresAt, isPartitioned));
  } catch (error) {
    const isBroken = error instanceof DomainError && error.code === "session_invalid";
    if (!isBroken || prefersJson(request)) throw error;
    return await brokenLinkPage({ request, tenant, path });
  }
}

async function activateForHostPage(request: Request, tenant: Tenant): Promise<Response> {
  return allowHostOrigin(request, tenant, async () => {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const { token, credential: next } = await mintToken();
    const presented = await openToken(bearer ?? "");
    const browser = await readCookieCredentials(request.headers);
    const isPartitioned = isInForeignPage(request.headers);
    const deviceName = deviceNameOf(request.headers);
    const session = await activateDirectly({ tenant, presented, browser, isPartitioned, next, deviceName });
    const cookies = activationCookies(request, tenant, token, session.expiresAt, isPartitioned);
    return withCookies(jsend.success({ user: userJson(session.member) }), cookies);
  });
}

/** A picture or a script on a stranger's page also sends a GET; only going there counts. */
function requireNavigation(request: Request): void {
  const mode = request.headers.get("sec-fetch-mode");
  const destination = request.headers.get("sec-fetch-dest") ?? "";
  if (mode === null) return;
  if (mode !== "navigate" || !["document", "iframe"].includes(destination)) {
    throw new DomainError("cross_site_request");
  }
}
