/**
 * The page that shows the OpenAPI document: Scalar's, out of its npm package, so that it works without a network. That
 * package is a plugin for Fastify, and the only one of Scalar's that carries the page's script ready made in one file (the
 * others bring 250 packages to bundle it from, or load it from a CDN); what it would give to Fastify is taken here.
 */
import reference from "@scalar/fastify-api-reference";

type Reply = { header(name: string, value: string): Reply; send(body: string): void };
type FastifyRoute = { url: string; handler(request: object, reply: Reply): void };

let script: string | null = null;

/** The script of the page. */
export function referenceScript(): string {
  script ??= readScript();
  return script;
}

/** The page; its one script carries the nonce. */
export function referencePage(nonce: string): string {
  const configuration = JSON.stringify({
    ...{ url: "/v1/openapi.json", withDefaultFonts: false, telemetry: false, hideClientButton: true },
    ...{ agent: { disabled: true }, mcp: { disabled: true }, showDeveloperTools: "never" },
    authentication: { preferredSecurityScheme: "apiKey" },
    customCss: ":root { --scalar-font: system-ui, sans-serif; --scalar-font-code: ui-monospace, monospace }",
    ...{ defaultHttpClient: { targetKey: "shell", clientKey: "curl" }, persistAuth: false },
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Laurel: API reference</title><link rel="icon" href="data:,">
<style>html { font-family: system-ui, sans-serif }</style></head>
<body>
<h1 hidden>Laurel: API reference</h1>
<div id="reference"></div>
<noscript><p>The reference needs JavaScript; what it shows is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</p></noscript>
<script src="/docs/scalar.js" nonce="${nonce}"></script>
<script nonce="${nonce}">Scalar.createApiReference("#reference", ${configuration})</script>
</body>
</html>
`;
}

function readScript(): string {
  const routes: FastifyRoute[] = [];
  const fastify = {
    route: (route: FastifyRoute) => routes.push(route),
    ...{ hasPlugin: () => false, initialConfig: {}, log: console },
  };
  const options = { routePrefix: "/docs", configuration: { url: "/v1/openapi.json" } };
  reference(fastify as never, options as never, () => undefined);
  let body = "";
  const reply: Reply = {
    header: () => reply,
    send: (sent) => {
      body = sent;
    },
  };
  routes.find(({ url }) => url.endsWith(".js"))?.handler({}, reply);
  if (body === "") throw new Error("Scalar's package has no script.");
  return body;
}
