/// <reference types="vite/client" />
/**
 * Calls of the handlers for clients of Open Loyalty and of Weavr, as the start script would hand them on. Every answer to them
 * is held to the OpenAPI document.
 */
import { expect } from "vitest";

import { ownedHeaders } from "#lib/http/request-facts.ts";
import { findRoute } from "#lib/http/route-table.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";
import { faultsOf } from "#tests/support/openapi-document.ts";

const routes = import.meta.glob<Record<string, UserApiHandler>>([
  "../../app/api/**/route.ts",
  "../../app/multi/**/route.ts",
]);

export type ClientCall = {
  headers?: Record<string, string>;
  /** What follows `Bearer `. */
  bearer?: string;
  body?: unknown;
  address?: string;
};

export type ClientAnswer = { status: number; headers: Headers; text: string; json: Json };
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON is what a test is about to look at
type Json = any;

/** `endpoint` as in "POST /api/token/refresh". A body that is a text is sent as it is. */
export async function callClient(endpoint: string, call: ClientCall = {}): Promise<ClientAnswer> {
  const [method = "", target = ""] = endpoint.split(" ");
  const { pathname } = new URL(target, "http://any");
  const template = findRoute(pathname)?.template ?? "";
  const { headers = {}, bearer, body, address = "192.0.2.1" } = call;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const request = new Request(new URL(target, "http://any"), {
    method,
    headers: {
      [ownedHeaders.clientAddress]: address,
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const file = template.replaceAll(/\{(\w+)\}/g, "[$1]");
  const handle = (await routes[`../../app${file}/route.ts`]?.())?.[method];
  if (!handle) throw new Error(`${template} has no ${method}.`);
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const values = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "([^/]+)")}$`).exec(pathname)?.slice(1) ?? [];
  const params = Object.fromEntries(
    names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]),
  );
  const response = await handle(request, { params: Promise.resolve(params) });
  const answered = await response.text();
  const json = /^[{[]/.test(answered) ? JSON.parse(answered) : null;
  const answer = { status: response.status, headers: response.headers, text: answered, json };
  expect(faultsOf(`${method} ${template}`, { ...answer, json: json ?? answered }), answered).toEqual([]);
  return answer;
}
