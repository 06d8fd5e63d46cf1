/** Which other sites' pages may read an answer: those of the programme's own host origins, and only to activate. */
import { DomainError } from "#lib/domain/errors.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";

const preflightSeconds = 600;

/** Runs for a host's page; a refusal can be read there too. Refuses `origin_not_allowed` for every other page. */
export async function allowHostOrigin(
  request: Request,
  tenant: Tenant,
  run: () => Promise<Response>,
): Promise<Response> {
  const origin = requireHostOrigin(request, tenant);
  const response = await run().catch((error: unknown) => jsend.refusal(refusalOf(error)));
  setCorsHeaders(response.headers, origin);
  return response;
}

/** Refuses `server_side_only` for the preflight of a POST or DELETE, `origin_not_allowed` for other origins. */
export function answerPreflight(request: Request, tenant: Tenant): Response {
  const method = request.headers.get("access-control-request-method");
  if (method !== null && method !== "GET") throw new DomainError("server_side_only");

  const headers = new Headers({
    "Access-Control-Allow-Headers": "authorization",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Max-Age": String(preflightSeconds),
    ...privateHeaders,
  });
  setCorsHeaders(headers, requireHostOrigin(request, tenant));
  return new Response(null, { status: 204, headers });
}

function requireHostOrigin(request: Request, tenant: Tenant): string {
  const origin = request.headers.get("origin");
  if (origin === null || !tenant.hostOrigins.includes(origin)) throw new DomainError("origin_not_allowed");
  return origin;
}

function setCorsHeaders(headers: Headers, origin: string): void {
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Allow-Credentials", "true");
  headers.append("Vary", "Origin");
}
