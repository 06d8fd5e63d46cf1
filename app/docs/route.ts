import { referencePage } from "#lib/http/openapi/reference.ts";
import { nonceOf } from "#lib/http/request-facts.ts";

/** GET /docs: the API reference, for a host's developers. */
export function GET(request: Request): Response {
  return new Response(referencePage(nonceOf(request.headers)), {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
}
