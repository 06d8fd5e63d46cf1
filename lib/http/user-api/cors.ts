/** Which other sites' pages may call the user API and read its answers: those of a tenant's `allowedOrigins`. */
import { DomainError } from "#lib/domain/errors.ts";
import { isOriginAllowed } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { privateHeaders } from "#lib/http/private-answers.ts";

const preflightSeconds = 600;
const originLengthMax = 512;
const sentHeaders = [
  ...["Authorization", "Content-Type", "Idempotency-Key", "X-Api-Key", "api-key", "X-AUTH-TOKEN"],
];
const exposedHeaders = [
  ...["RateLimit", "RateLimit-Policy", "Retry-After", "Session-Expires-At"],
  ...["Idempotency-Replayed", "X-Request-Id"],
];

/** Lets the page read the answer where the tenant lists its origin; no cookie is involved, so no credentials are. */
export function allowOrigin(response: Response, request: Request, tenant: Tenant | null): Response {
  response.headers.append("Vary", "Origin");
  const origin = request.headers.get("origin");
  if (origin === null || !tenant?.allowedOrigins.includes(origin)) return response;
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.set("Access-Control-Expose-Headers", exposedHeaders.join(", "));
  return response;
}

/** A preflight carries no key, so it passes where any tenant lists the origin. Refuses `origin_not_allowed`. */
export async function answerPreflight(
  origin: string | undefined,
  methods: readonly string[],
): Promise<Response> {
  try {
    const isAllowed =
      origin !== undefined && origin.length <= originLengthMax && (await isOriginAllowed(origin));
    if (!isAllowed) throw new DomainError("origin_not_allowed");
    return new Response(null, {
      status: 204,
      headers: {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": sentHeaders.join(", "),
        "Access-Control-Allow-Methods": methods.join(", "),
        "Access-Control-Max-Age": String(preflightSeconds),
        ...privateHeaders,
        Vary: "Origin",
      },
    });
  } catch (error) {
    return jsend.refusal(refusalOf(error));
  }
}
