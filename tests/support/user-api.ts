/// <reference types="vite/client" />
/** Calls of the user API's handlers, as the start script would hand them on, and programmes that have keys for it. */
import { randomBytes } from "node:crypto";
import { SignJWT } from "jose";

import { now } from "#lib/config/clock.ts";
import type { AdminRole } from "#lib/domain/token-pairs/token-actor.ts";
import { findRoute } from "#lib/http/route-table.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";
import { type Admins, newAdmins } from "#tests/support/admins.ts";
import { createProgramme } from "#tests/support/engine.ts";
import type { TestTenant } from "#tests/support/factories.ts";

const routes = import.meta.glob<Record<string, UserApiHandler>>("../../app/v1/**/route.ts");

export type ApiTenant = TestTenant & {
  apiKey: string;
  tillKey: string;
  sharedKey: string;
  issuer: string;
  admins: Admins;
};

export const purchaseSecret = "a-purchase-secret-of-the-tests-that-is-long-enough";

/**
 * A programme with an API key, a till's key, HS256 tokens and a private event type PURCHASE; `settings` may say otherwise. It
 * has an admin of each of `roles`, as few as a test needs: hashing their passwords is slow by design.
 */
export async function createApiTenant(
  settings: object = {},
  roles: readonly AdminRole[] = [],
): Promise<ApiTenant> {
  const [apiKey, tillKey, sharedKey] = [newSecret(), newSecret(), newSecret()];
  const issuer = "https://idp.example/";
  const { admins, inFile } = newAdmins(roles);
  const tenant = await createProgramme({
    apiKeys: [
      { name: "shop", key: apiKey },
      { name: "till", key: tillKey, scopes: ["till"] },
    ],
    userAuth: { algorithm: "HS256", issuer, sharedKey },
    eventTypes: [
      { name: "PURCHASE", private: true, secret: purchaseSecret },
      { name: "VISITED_SHOP", private: false },
    ],
    admins: inFile,
    ...settings,
  });
  return { ...tenant, apiKey, tillKey, sharedKey, issuer, admins };
}

/** A user access token of an HS256 tenant; claims and header fields that are undefined are left out. */
export function signFor(
  tenant: Pick<ApiTenant, "issuer" | "sharedKey">,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const seconds = Math.floor(now().getTime() / 1000);
  const usual = { iss: tenant.issuer, sub: "user-1", iat: seconds, exp: seconds + 300 };
  return new SignJWT(withoutUndefined({ ...usual, ...claims }))
    .setProtectedHeader(withoutUndefined({ alg: "HS256", typ: "JWT", ...header }) as { alg: string })
    .sign(new TextEncoder().encode(tenant.sharedKey));
}

export type ApiCall = {
  /** Null: without one. The tenant's own unless said otherwise. */
  key?: string | null;
  /** What follows `Bearer `. */
  bearer?: string;
  headers?: Record<string, string>;
  body?: unknown;
};

export type ApiAnswer = { status: number; headers: Headers; text: string; json: Json };
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON is what a test is about to look at
type Json = any;

/** `endpoint` as in "GET /v1/events?limit=2". A body that is a text is sent as it is. */
export async function callApi(tenant: ApiTenant, endpoint: string, call: ApiCall = {}): Promise<ApiAnswer> {
  const [method = "", target = ""] = endpoint.split(" ");
  const { pathname } = new URL(target, "http://any");
  const template = findRoute(pathname)?.template ?? "";
  const { key = tenant.apiKey, bearer, headers = {}, body } = call;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const request = new Request(new URL(target, "http://any"), {
    method,
    headers: {
      ...(key === null ? {} : { "x-api-key": key }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const [, id = ""] = new RegExp(`^${template.replace("{id}", "([^/]+)")}$`).exec(pathname) ?? [];
  const module = await routes[`../../app${template.replace("{id}", "[id]")}/route.ts`]?.();
  const handle = module?.[method];
  if (!handle) throw new Error(`${template} has no ${method}.`);
  const response = await handle(request, { params: Promise.resolve({ id: decodeURIComponent(id) }) });
  const answered = await response.text();
  return { status: response.status, headers: response.headers, text: answered, json: JSON.parse(answered) };
}

function newSecret(): string {
  return randomBytes(24).toString("base64url");
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
