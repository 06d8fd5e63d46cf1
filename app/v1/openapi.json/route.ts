import { openApiDocument } from "#lib/http/openapi/document.ts";

const keptSeconds = 300;

let text: string | null = null;

/** GET /v1/openapi.json: what the APIs take and answer; for everybody, from every page. */
export function GET(): Response {
  text ??= JSON.stringify(openApiDocument());
  return new Response(text, {
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": `public, max-age=${keptSeconds}`,
    },
  });
}
