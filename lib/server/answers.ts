/** Answers that the start script gives without Next. */
import type { ServerResponse } from "node:http";

import type { DomainErrorCode } from "#lib/domain/errors.ts";

/** A Response as the answer; headers that are set already stay unless it names them. */
export async function send(response: ServerResponse, answer: Response, isHead: boolean): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => {
    response.setHeader(name, value);
  });
  if (answer.status !== 204) response.setHeader("Content-Length", body.byteLength);
  response.end(isHead ? undefined : body);
}

const pages: Partial<Record<DomainErrorCode, { status: number; title: string; text: string }>> = {
  invalid_input: {
    status: 400,
    title: "Bad request",
    text: "The browser sent a request that cannot be read.",
  },
  not_found: { status: 404, title: "Not found", text: "There is no loyalty programme at this address." },
  method_not_allowed: {
    status: 405,
    title: "Not allowed",
    text: "This address can only be opened, not written to.",
  },
  database_unavailable: {
    status: 503,
    title: "Back in a moment",
    text: "The programme cannot be reached right now. Please try again in a moment.",
  },
  internal_error: { status: 500, title: "Something went wrong", text: "Please try again in a moment." },
};

/** A page for a person where there is no programme to show one for; no script, no language but the plainest. */
export function plainPage(code: DomainErrorCode, headers: HeadersInit = {}): Response {
  const { status, title, text } = pages[code] ?? { status: 500, title: "Something went wrong", text: "" };
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { display: grid; place-content: center; min-height: 100vh; margin: 0; padding: 1rem; text-align: center }
</style></head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
  const response = new Response(html, {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-store" },
  });
  new Headers(headers).forEach((value, name) => {
    response.headers.set(name, value);
  });
  return response;
}
