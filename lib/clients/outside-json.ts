/**
 * A JSON document from an address that somebody outside chose, such as a tenant's JWKS URL. What holds:
 *   1. the socket goes to a public address, checked where it connects: names are resolved once, the connection is
 *      pinned to what was checked, and the address it reached is compared again. So neither a redirect nor a name that
 *      changes its answer leads into our own network;
 *   2. it takes `timeoutMs` at most, from DNS to the last byte, and `bytesMax` bytes, counted as they come;
 *   3. it says nothing about us: no cookie, no credentials, no proxy of the environment.
 */
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

import { env } from "#lib/config/env.ts";

export type OutsideFailureReason =
  | "url"
  | "address"
  | "timeout"
  | "too_large"
  | "status"
  | "redirect"
  | "encoding"
  | "not_json"
  | "connection";

/** Why there is no document: the message is for an operator and holds nothing of what was answered. */
export class OutsideFailure extends Error {
  override readonly name = "OutsideFailure";
  readonly reason: OutsideFailureReason;
  /** The status, or the system's, TLS's or parser's code, where there is one. */
  readonly code: string | undefined;

  constructor(reason: OutsideFailureReason, message: string, code?: string) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}

// Own agents: the global one keeps connections alive and may be told by the environment to go through a proxy.
const agents = { "http:": new http.Agent(), "https:": new https.Agent() };

// Where other protocols listen: a request sent there may be taken for one of theirs (SMTP and Redis read it line by line).
const foreignPorts = new Set([
  ...[1433, 1521, 2049, 2375, 2376, 2379, 3306, 3389, 5432, 5672, 6379, 6667],
  ...[9042, 9092, 9200, 11211, 27017],
]);

// Metadata services outside the ranges that are special already: Azure's.
const metadataAddresses = new Set(["168.63.129.16"]);
const globalIPv6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Throws an OutsideFailure unless the whole document has come in time and is JSON. */
export async function fetchOutsideJson(
  url: string,
  limits: { bytesMax: number; timeoutMs: number },
): Promise<unknown> {
  const target = targetOf(url, env().ALLOW_LOOPBACK_URLS);
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await request(target, deadline);
    try {
      refuseUnlessPlainOk(response);
      return parseJson(await readBody(response, limits.bytesMax));
    } finally {
      response.destroy();
    }
  } catch (error) {
    if (deadline.aborted)
      throw new OutsideFailure("timeout", `There was no whole answer within ${limits.timeoutMs} ms.`);
    if (error instanceof OutsideFailure) throw error;
    const code = codeOf(error);
    throw new OutsideFailure("connection", `The connection failed: ${code}.`, code);
  }
}

/**
 * What is wrong with an address that somebody wants to have fetched from, as far as it shows before anything is connected
 * to; null where nothing is. This computer's own addresses are left to the moment of fetching: whether they may be asked is
 * the process's setting, not the address's fault.
 */
export function problemWithOutsideUrl(url: string): string | null {
  try {
    targetOf(url, true);
    return null;
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    return error.message;
  }
}

/** Whether an IP address is one of the public internet: of a host, not of a network's inside or of a special use. */
export function isPublicAddress(address: string): boolean {
  const parsed = parseAddress(address);
  if (!parsed || metadataAddresses.has(parsed.toString()) || parsed.range() !== "unicast") return false;
  // Everything else that wraps an IPv4 address, and whatever is not given out yet, lies outside 2000::/3 or has a range.
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalIPv6);
}

/** An IPv4 address that is written as ::ffff:a.b.c.d counts as what it is. */
function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // ipaddr.js takes ::a.b.c.d for the same, but the socket does not: that was a way to tunnel, and is nowhere now.
  if (isIP(address) === 0 || /^::\d+\./.test(address)) return null;
  return ipaddr.process(address);
}

type Target = URL & { protocol: "http:" | "https:" };

function targetOf(url: string, mayBeLoopback: boolean): Target {
  const target = URL.parse(url);
  if (!target) throw new OutsideFailure("url", "The address is not a URL.");
  if (!hasKnownProtocol(target, mayBeLoopback))
    throw new OutsideFailure("url", "The address is not an https address (http is for loopback only).");
  if (target.username !== "" || target.password !== "")
    throw new OutsideFailure("url", "The address holds a user name or a password.");

  const port = Number(target.port || (target.protocol === "https:" ? 443 : 80));
  if ((port < 1024 && port !== 80 && port !== 443) || foreignPorts.has(port))
    throw new OutsideFailure("url", `Port ${port} belongs to another protocol.`);

  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !mayConnect(target, host, mayBeLoopback)) throw addressRefused(); // such a host is never looked up
  return target;
}

function hasKnownProtocol(target: URL, mayBeLoopback: boolean): target is Target {
  return target.protocol === "https:" || (target.protocol === "http:" && mayBeLoopback);
}

function mayConnect(target: Target, address: string, mayBeLoopback = env().ALLOW_LOOPBACK_URLS): boolean {
  if (isLoopback(address)) return mayBeLoopback;
  return target.protocol === "https:" && isPublicAddress(address);
}

function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === "loopback";
}

function addressRefused(): OutsideFailure {
  return new OutsideFailure("address", "The host's address is not a public one.");
}

/** The head of the answer. */
function request(target: Target, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: start } = target.protocol === "https:" ? https : http;
    const outgoing = start(target, {
      agent: agents[target.protocol],
      headers: { Accept: "application/json", "Accept-Encoding": "identity", "User-Agent": "Laurel" },
      lookup: lookupFor(target),
      signal,
    });
    outgoing.on("socket", (socket) => {
      socket.once("connect", () => {
        if (!mayConnect(target, socket.remoteAddress ?? "")) outgoing.destroy(addressRefused());
      });
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject); // stays: one that comes after the response would otherwise end the process
    outgoing.on("close", () => {
      reject(new OutsideFailure("connection", "The connection was closed without an answer."));
    });
    outgoing.end();
  });
}

/** Node connects to nothing but what this answers, so that a second look-up has no say. */
function lookupFor(target: Target): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => mayConnect(target, address));
      const [first] = allowed;
      if (!first) return callback(addressRefused(), []);
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

function refuseUnlessPlainOk({ statusCode = 0, headers }: http.IncomingMessage): void {
  const code = String(statusCode);
  if (statusCode >= 300 && statusCode < 400)
    throw new OutsideFailure("redirect", `The answer is a redirect (${code}), which is not followed.`, code);
  if (statusCode !== 200)
    throw new OutsideFailure("status", `The status of the answer is ${code}, not 200.`, code);
  if ((headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity")
    throw new OutsideFailure("encoding", "The answer is compressed, which was not asked for.");
}

async function readBody(response: http.IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new OutsideFailure("too_large", `The answer is larger than ${bytesMax} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new OutsideFailure("not_json", "The answer is not JSON in UTF-8."); // the cause would quote the answer
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "unknown";
}
