/**
 * The endpoints of the APIs for programs, called without Next: their handlers take a Request and answer with a Response, and
 * what Next would add costs more than all that they do (docs/decisions/0013-the-user-api-does-not-pass-next.md).
 */
import type { IncomingMessage } from "node:http";
import { resolve } from "node:path";
import { ReadableStream } from "node:stream/web";
import { pathToFileURL } from "node:url";

import { type Route, userApiRoutes } from "#lib/http/route-table.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";

type Endpoint = {
  parameters: { pattern: RegExp; names: string[] };
  handlers: Record<string, UserApiHandler>;
};

/** Answers a request to one of the user API's routes; its method is one that the route has. */
export type UserApi = (request: IncomingMessage, route: Route) => Promise<Response>;

export async function loadUserApi(): Promise<UserApi> {
  const endpoints = new Map<string, Endpoint>();
  for (const { template } of userApiRoutes.filter(({ needsNext }) => !needsNext)) {
    const file = resolve(
      import.meta.dirname,
      `../../app${template.replaceAll(/\{(\w+)\}/g, "[$1]")}/route.ts`,
    );
    const handlers = (await import(pathToFileURL(file).href)) as Endpoint["handlers"];
    endpoints.set(template, { parameters: parametersOf(template), handlers });
  }
  return async (incoming, { template }) => {
    const endpoint = endpoints.get(template);
    const method = incoming.method === "HEAD" ? "GET" : (incoming.method ?? "");
    const handle = endpoint?.handlers[method];
    if (!endpoint || !handle) throw new Error(`${template} has no handler for ${method}.`);
    const request = requestOf(incoming);
    const params = Promise.resolve(paramsOf(endpoint.parameters, new URL(request.url).pathname));
    return handle(request, { params });
  };
}

function parametersOf(template: string): Endpoint["parameters"] {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  return { pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, "([^/]+)")}$`), names };
}

function paramsOf({ pattern, names }: Endpoint["parameters"], pathname: string): Record<string, string> {
  const values = pattern.exec(pathname)?.slice(1) ?? [];
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]));
}

/** The request as the web's own type, its body as a stream that is read as far as somebody asks. */
function requestOf(incoming: IncomingMessage): Request {
  const method = incoming.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  // Of the address only the path and the query mean something: the key names the programme, and no link is made of it.
  return new Request(new URL(incoming.url ?? "/", "http://user-api"), {
    method,
    headers,
    ...(hasBody ? { body: bodyOf(incoming), duplex: "half" } : {}),
  });
}

/** Read only when somebody asks; who stops asking leaves the connection whole for the answer. */
function bodyOf(incoming: IncomingMessage): BodyInit {
  // Node takes its own stream for a body; that its type is another than the web's is a matter of declarations.
  return ReadableStream.from(incoming.iterator({ destroyOnReturn: false })) as unknown as BodyInit;
}
