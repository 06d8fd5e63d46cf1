/**
 * A request to an address that somebody outside chose, such as a tenant's JWKS or token URL. What holds:
 *   1. the socket goes to a public address, checked where it connects: names are resolved once, the connection is
 *      pinned to what was checked, and the address it reached is compared again. So neither a redirect nor a name that
 *      changes its answer leads into our own network, and no header or body is sent before that;
 *   2. it takes `timeoutMs` at most, from DNS to the last byte, and `bytesMax` bytes, counted as they come;
 *   3. it says nothing about us but what the caller has it say: no cookie, no credentials, no proxy of the environment;
 *   4. it is sent once at most: whether a failure came before or after the other side acted on it, nobody knows.
 */
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";

import { addressRefused, mayConnect, type Target, targetOf } from "#lib/clients/outside-addresses.ts";
import { OutsideFailure } from "#lib/clients/outside-failure.ts";

export type OutsideRequest = {
  method: "GET" | "POST";
  /** Those that say where the message goes and how it is framed are ours; the caller's are left out. */
  headers: Readonly<Record<string, string>>;
  body: string | null;
  bytesMax: number;
  timeoutMs: number;
  /** Where it is given, an answer of another status is a failure, and its body is not read. */
  statusesTaken?: readonly number[];
};

export type OutsideAnswer = { status: number; headers: Headers; body: Buffer };

// Own agents: the global one keeps connections alive and may be told by the environment to go through a proxy.
const agents = { "http:": new http.Agent(), "https:": new https.Agent() };

// A host of the caller's choice would ask another site at the address that was checked; a length or a coding of its
// choice would let a body be read as a second request, or an answer grow after it was counted.
const ourHeaders = new Set([
  ...["host", "connection", "keep-alive", "upgrade", "expect", "te", "trailer"],
  ...["content-length", "transfer-encoding", "accept-encoding"],
]);

/** The whole answer, whatever its status; throws an OutsideFailure where there is none, or it is a redirect or compressed. */
export async function requestOutside(url: string, asked: OutsideRequest): Promise<OutsideAnswer> {
  const target = targetOf(url);
  const deadline = AbortSignal.timeout(asked.timeoutMs);
  try {
    const response = await start(target, asked, deadline);
    try {
      refuseByHead(response, asked.statusesTaken);
      const headers = headersOf(response);
      return { status: response.statusCode ?? 0, headers, body: await readBody(response, asked.bytesMax) };
    } finally {
      response.destroy();
    }
  } catch (error) {
    if (deadline.aborted)
      throw new OutsideFailure("timeout", `There was no whole answer within ${asked.timeoutMs} ms.`);
    if (error instanceof OutsideFailure) throw error;
    const code = codeOf(error);
    throw new OutsideFailure("connection", `The connection failed: ${code}.`, code);
  }
}

/** The head of the answer. */
function start(target: Target, asked: OutsideRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = target.protocol === "https:" ? https : http;
    const outgoing = request(target, {
      method: asked.method,
      agent: agents[target.protocol],
      headers: headersFor(asked),
      lookup: lookupFor(target),
      signal,
    });
    outgoing.on("socket", (socket) => {
      // This listener is there before Node's, which sends what waits for the connection.
      socket.once("connect", () => {
        if (!mayConnect(target, socket.remoteAddress ?? "")) outgoing.destroy(addressRefused());
      });
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject); // stays: one that comes after the response would otherwise end the process
    outgoing.on("close", () => {
      reject(new OutsideFailure("connection", "The connection was closed without an answer."));
    });
    outgoing.end(asked.body ?? undefined);
  });
}

function headersFor({ headers, body }: OutsideRequest): http.OutgoingHttpHeaders {
  const callers = Object.entries(headers).filter(([name]) => !ourHeaders.has(name.toLowerCase()));
  return {
    "User-Agent": "Laurel",
    ...Object.fromEntries(callers),
    "Accept-Encoding": "identity",
    // Said here, because Node says none for the body of a GET.
    ...(body === null ? {} : { "Content-Length": Buffer.byteLength(body) }),
  };
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

function refuseByHead(
  { statusCode = 0, headers }: http.IncomingMessage,
  statusesTaken: readonly number[] | undefined,
): void {
  const code = String(statusCode);
  if (statusCode >= 300 && statusCode < 400)
    throw new OutsideFailure("redirect", `The answer is a redirect (${code}), which is not followed.`, code);
  if (statusesTaken && !statusesTaken.includes(statusCode)) {
    const taken = statusesTaken.join(" or ");
    throw new OutsideFailure("status", `The status of the answer is ${code}, not ${taken}.`, code);
  }
  if ((headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity")
    throw new OutsideFailure("encoding", "The answer is compressed, which was not asked for.");
}

function headersOf({ headersDistinct }: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
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

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "unknown";
}
