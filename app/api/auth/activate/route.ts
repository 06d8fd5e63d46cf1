import { NextResponse } from "next/server";
import { brokenLinkPage } from "#app/api/auth/pages.tsx";
import { DomainError } from "#lib/domain/errors.ts";
import { activateByConfirmation, activateDirectly } from "#lib/domain/sessions/activate-session.ts";
import type { Session } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { embeddedRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { isForm, readBody, readJsonBody } from "#lib/http/read-json-body.ts";
import { safeRedirectPath } from "#lib/http/redirect-path.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { activateInput } from "#lib/http/schemas/auth.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { sessionJson } from "#lib/http/schemas/session.ts";
import {
  activationCookies,
  mintToken,
  openToken,
  partitionedCookiesFor,
  readCookieCredentials,
  withCookies,
} from "#lib/http/session-cookie.ts";

/** POST /api/auth/activate: the microsite's own pages activate a token (JSON), or a person said "Continue" (form). */
export const POST = embeddedRoute(async (request, tenant) => {
  requireSameOrigin(request);
  if (isForm(request.headers.get("content-type"))) return confirm(request, tenant);

  const input = parseInput(activateInput, await readJsonBody(request));
  const { token, credential: next } = await mintToken();
  const presented = await openToken(input.session);
  const browser = await readCookieCredentials(request.headers);
  const session = await activateDirectly({ tenant, presented, browser, next });
  const cookies = cookiesFor(request, tenant, token, session, input.framed ?? false);
  return withCookies(jsend.success(sessionJson(session)), cookies);
});

/** A page of ours in a frame sends same-origin requests: only it knows that another site's page is around it. */
function cookiesFor(
  request: Request,
  tenant: Tenant,
  token: string,
  { expiresAt }: Session,
  isFramed: boolean,
) {
  return isFramed
    ? partitionedCookiesFor(token, expiresAt)
    : activationCookies(request, tenant, token, expiresAt);
}

async function confirm(request: Request, tenant: Tenant): Promise<Response> {
  const form = new URLSearchParams(Buffer.from(await readBody(request)).toString("utf8"));
  const path = safeRedirectPath(form.get("redirect_path"), tenant.publicUrl);
  const { token, credential: next } = await mintToken();
  const browser = await readCookieCredentials(request.headers);
  const confirmation = form.get("confirmation") ?? "";
  try {
    const session = await activateByConfirmation({ tenant, confirmation, browser, next });
    const headers = {
      Location: path,
      "Cache-Control": "private, no-store",
      "Referrer-Policy": "no-referrer",
    };
    const redirect = new NextResponse(null, { status: 303, headers });
    const isFramed = form.get("framed") === "true";
    return withCookies(redirect, cookiesFor(request, tenant, token, session, isFramed));
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "session_invalid") throw error;
    return brokenLinkPage({ request, tenant, path });
  }
}
