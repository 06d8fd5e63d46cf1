import { openApiDocument } from "#lib/http/openapi/document.ts";

const keptSeconds = 300;

/** GET /v1/openapi.json: what the APIs take and answer; for everybody, from every page. */
export function GET(): Response {
  return Response.json(openApiDocument(), {
    headers: { "Access-Control-Allow-Origin": "*", "Cache-Control": `public, max-age=${keptSeconds}` },
  });
}
