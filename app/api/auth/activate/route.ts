import { brokenLinkPage } from "#app/api/auth/pages.tsx";
import { DomainError } from "#lib/domain/errors.ts";
import { activateByConfirmation, activateDirectly } from "#lib/domain/sessions/activate-session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { embeddedRoute } from "#lib/http/api-route.ts";
import { deviceNameOf } from "#lib/http/device-name.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { isForm, readBody, readJsonBody } from "#lib/http/read-json-body.ts";
import { redirectAfterActivation, safeRedirectPath } from "#lib/http/redirect-path.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";
import { activateInput } from "#lib/http/schemas/auth.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { sessionJson } from "#lib/http/schemas/session.ts";
import {
  activationCookies,
  isInForeignPage,
  mintToken,
  openToken,
  readCookieCredentials,
  withCookies,
} from "#lib/http/session-cookie.ts";

/**
 * POST /api/auth/activate: the microsite's own pages activate a token (JSON), or a person said "Continue" (form). A page
 * of ours in a frame sends same-origin requests, so it says itself that another site's page is around it.
 */
export const POST = embeddedRoute(async (request, tenant) => {
  requireSameOrigin(request);
  if (isForm(request.headers.get("content-type"))) return confirm(request, tenant);

  const input = parseInput(activateInput, await readJsonBody(request));
  const isPartitioned = input.framed || isInForeignPage(request.headers);
  const { token, credential: next } = await mintToken();
  const presented = await openToken(input.session);
  const browser = await readCookieCredentials(request.headers);
  const deviceName = deviceNameOf(request.headers);
  const session = await activateDirectly({ tenant, presented, browser, isPartitioned, next, deviceName });
  const cookies = activationCookies(request, tenant, token, session.expiresAt, isPartitioned);
  return withCookies(jsend.success(sessionJson(session)), cookies);
});

async function confirm(request: Request, tenant: Tenant): Promise<Response> {
  const form = new URLSearchParams(Buffer.from(await readBody(request)).toString("utf8"));
  const path = safeRedirectPath(form.get("redirect_path"), tenant.publicUrl);
  const isPartitioned = form.get("framed") === "true" || isInForeignPage(request.headers);
  const { token, credential: next } = await mintToken();
  const browser = await readCookieCredentials(request.headers);
  const activation = { tenant, browser, isPartitioned, next, deviceName: deviceNameOf(request.headers) };
  try {
    const confirmation = form.get("confirmation") ?? "";
    const session = await activateByConfirmation({ ...activation, confirmation });
    const cookies = activationCookies(request, tenant, token, session.expiresAt, isPartitioned);
    return withCookies(redirectAfterActivation(path), cookies);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "session_invalid") throw error;
    return brokenLinkPage({ request, tenant, path });
  }
}
