/** The identity server says, server to server, that somebody signed out there (OpenID Connect Back-Channel Logout 1.0). */
import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { obeyLogoutToken } from "#lib/domain/sign-in/provider-sign-out.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";
import { isForm, readBody } from "#lib/http/read-json-body.ts";

const tokenField = "logout_token";

/** 200 where the sessions have ended, and 400 for whatever is no good logout token, or the same one again. */
export async function answerBackchannelLogout(request: Request, tenant: Tenant): Promise<Response> {
  const { requestId } = requestContext.getStore() ?? {};
  const line = { requestId, tenant: tenant.code };
  if (!isForm(request.headers.get("content-type"))) return refused("The body is no form.", line);
  const form = new URLSearchParams(Buffer.from(await readBody(request)).toString("utf8"));
  const tokens = form.getAll(tokenField);
  const [token = ""] = tokens;
  if (tokens.length !== 1) return refused("There is not one logout_token.", line);

  const outcome = await obeyLogoutToken(tenant, token);
  if (!outcome.isObeyed) return refused(outcome.explanation, line);
  log().info({ ...line, endedSessions: outcome.endedSessions }, "signed out by the identity server");
  return new Response(null, { status: 200, headers: privateHeaders });
}

function refused(cause: string, line: object): Response {
  log().info({ ...line, cause }, "logout token refused");
  return Response.json({ error: "invalid_request" }, { status: 400, headers: privateHeaders });
}
