/**
 * The border: what a route handler cannot see or answer, looked at before Next gets the request. Node keeps only the
 * first of two equal headers, Next answers some bad requests with a 500, and both believe what a caller says of itself.
 *
 * It authorises nobody: that is for handlers, pages and the data layer.
 */
import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { parseAndValidateFlightRouterState } from "next/dist/server/app-render/parse-and-validate-flight-router-state.js";

import { env } from "#lib/config/env.ts";
import { invalidInput } from "#lib/domain/errors.ts";
import { ownedHeaders } from "#lib/http/request-facts.ts";

const credentialHeaders = ["authorization", "x-api-key", "api-key", "x-client-id", "x-auth-token"];

// What Next or its hosts would believe, and only they may say; and what belongs to the answer, not to the request.
const droppedHeaders =
  /^(?:x-laurel-|x-middleware-|x-nextjs-|x-next-|x-invoke-|x-matched-|x-now-|x-vercel-|x-prerender-|x-forwarded-|forwarded$|x-real-ip$|x-original-|x-rewrite-|x-http-method|next-action$|next-resume$|next-html-request-id$|content-security-policy)/;

const routerStateBytesMax = 8_192;

/** The client behind a request, and the host it asked for; a trusted proxy's word counts, nobody else's. */
export function callerOf(request: IncomingMessage): { address: string; host: string } {
  const connection = unmapped(request.socket.remoteAddress ?? "");
  const host = request.headers.host ?? "";
  if (!isTrusted(connection)) return { address: connection, host };

  const forwardedFor = listOf(request.headers["x-forwarded-for"]).reverse().map(withoutPort).map(unmapped);
  const address = forwardedFor.find((hop) => !isTrusted(hop)) ?? forwardedFor.at(-1) ?? connection;
  const forwardedHost = listOf(request.headers["x-forwarded-host"]).at(-1);
  return { address: ipaddr.isValid(address) ? address : connection, host: forwardedHost ?? host };
}

/** Refuses `invalid_input` for a credential or a Host that is there twice, a credential that is two in one, or no Host. */
export function checkCredentials(request: IncomingMessage): void {
  const seen = new Set<string>();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? "").toLowerCase();
    if (name === "host" && seen.has(name)) throw invalidInput({ host: "Send this header once." });
    if (name === "host") seen.add(name);
    if (!credentialHeaders.includes(name)) continue;

    const value = request.rawHeaders[index + 1] ?? "";
    const credential = name === "authorization" ? value.trim().replace(/^[A-Za-z]+ +/, "") : value.trim();
    if (seen.has(name)) throw invalidInput({ [name]: "Send this header once." });
    if (/[\s,]/.test(credential))
      throw invalidInput({ [name]: "Send one value, without commas or white space." });
    seen.add(name);
  }
  if (!seen.has("host") && request.httpVersion !== "1.0") throw invalidInput({ host: "Send this header." });
}

/** Takes away what callers may not say, and adds what this process found out. */
export function rewriteHeaders(
  request: IncomingMessage,
  facts: { address: string; host: string; nonce: string; path: string; contentSecurityPolicy: string },
): void {
  for (const name of Object.keys(request.headers)) {
    if (droppedHeaders.test(name)) delete request.headers[name];
  }
  if (!isRouterState(request.headers["next-router-state-tree"])) {
    delete request.headers["next-router-state-tree"];
  }
  request.headers.host = facts.host;
  request.headers["x-forwarded-host"] = facts.host;
  request.headers["x-forwarded-proto"] = env().PUBLIC_SCHEME;
  request.headers["x-forwarded-for"] = facts.address;
  request.headers[ownedHeaders.clientAddress] = facts.address;
  request.headers[ownedHeaders.nonce] = facts.nonce;
  request.headers[ownedHeaders.path] = facts.path;
  request.headers["content-security-policy"] = facts.contentSecurityPolicy; // Next takes the nonce from here
}

/** The path and query of a request; null where they cannot be a web address. */
export function addressOf(request: IncomingMessage): URL | null {
  const target = request.url ?? "";
  const path = target.split("?")[0] ?? "";
  if (!path.startsWith("/") || path.startsWith("//") || path.includes("\\")) return null;
  try {
    decodeURIComponent(path);
    return new URL(target, "http://any");
  } catch {
    return null;
  }
}

/** Next puts its own parameters into a query; a caller's would pass for them. */
export function withoutNextParameters(url: URL): string {
  const sent = [...url.searchParams];
  const own = sent.filter(([name]) => !/^nxt[PI]|^__next/.test(name));
  if (own.length === sent.length) return `${url.pathname}${url.search}`;
  const query = new URLSearchParams(own).toString();
  return query === "" ? url.pathname : `${url.pathname}?${query}`;
}

/** By Next's own reader, which answers a request with a 500 where it refuses. */
function isRouterState(value: string | string[] | undefined): boolean {
  if (typeof value !== "string" || value.length > routerStateBytesMax) return false;
  try {
    return parseAndValidateFlightRouterState(value) !== undefined;
  } catch {
    return false;
  }
}

function isTrusted(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return env().TRUSTED_PROXIES.some((entry) => {
    if (!entry.includes("/")) return unmapped(entry) === address;
    const [network, bits] = ipaddr.parseCIDR(entry);
    return network.kind() === parsed.kind() && parsed.match([network, bits] as never);
  });
}

/** Some proxies name the port, too: `203.0.113.5:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(hop)?.slice(1).find(Boolean) ?? hop;
}

function unmapped(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
