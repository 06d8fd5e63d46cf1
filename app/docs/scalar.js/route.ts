import { referenceScript } from "#lib/http/openapi/reference.ts";

const keptSeconds = 86_400;

/** GET /docs/scalar.js: the script of the API reference. */
export function GET(): Response {
  return new Response(referenceScript(), {
    headers: {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": `public, max-age=${keptSeconds}`,
    },
  });
}
