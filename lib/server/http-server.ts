/**
 * The web server: node:http in front of Next's request handler. Every request passes the border, gets an id, its security
 * headers and a log line; what the border refuses never reaches Next.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { env } from "#lib/config/env.ts";
import { describeError, log } from "#lib/config/log.ts";
import { type RequestContext, requestContext } from "#lib/config/request-context.ts";
import { DomainError, type DomainErrorCode } from "#lib/domain/errors.ts";
import { newId } from "#lib/domain/ids.ts";
import { hashSecret, matchesHash } from "#lib/domain/secrets.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { findRoute, isApiPath } from "#lib/http/route-table.ts";
import { securityHeaders } from "#lib/http/security-headers.ts";
import { plainPage, send } from "#lib/server/answers.ts";
import {
  addressOf,
  callerOf,
  checkCredentials,
  rewriteHeaders,
  withoutNextParameters,
} from "#lib/server/border.ts";
import { countRequest, metricsAnswer } from "#lib/server/metrics.ts";

export type NextHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveTimeoutMs = 65_000; // longer than the usual proxy's, so that it never writes to a closed connection

// Files of the build and of `public/`: Next serves them, and they are nobody's own.
const assetPath = /^\/_next\/static\/|^\/[a-z0-9-]+\.(?:svg|png|ico|txt|webmanifest)$/;
const notFoundPath = "/_not-found";

export function createHttpServer(handleByNext: NextHandler, isDevelopment: boolean): Server {
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // Nothing here speaks another protocol but Next's development server; an upgrade is a request like any other.
      shouldUpgradeCallback: () => isDevelopment,
    },
    (request, response) => {
      const context: RequestContext = { requestId: newId(), pageStatus: null };
      requestContext.run(context, () => {
        answer(request, response, context, handleByNext, isDevelopment).catch((error: unknown) => {
          log().error({ requestId: context.requestId, error: describeError(error) }, "request failed");
          if (response.headersSent) response.destroy();
          else void send(response, plainPage("internal_error"), false);
        });
      });
    },
  );
  server.on("clientError", (_error, socket) => {
    if (socket.writable)
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  handleByNext: NextHandler,
  isDevelopment: boolean,
): Promise<void> {
  const startedMs = performance.now();
  const url = addressOf(request);
  const path = url?.pathname ?? "";
  const route = findRoute(path);
  const isAsset = assetPath.test(path) || (isDevelopment && path.startsWith("/_next/"));
  watch(request, response, context, route?.template ?? (isAsset ? "(asset)" : "(none)"), startedMs);

  const caller = callerOf(request);
  const nonce = randomBytes(16).toString("base64");
  const refuse = (code: DomainErrorCode) => refuseWith(request, response, path, new DomainError(code));
  let tenant: Tenant | null = null;
  const setSecurityHeaders = () => {
    const framedBy = route?.framedBy ?? (isApiPath(path) || isAsset ? "nobody" : "hosts");
    const headers = securityHeaders({ nonce, tenant, framedBy, isDevelopment });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return headers["Content-Security-Policy"] ?? "";
  };
  response.setHeader("X-Request-Id", context.requestId);
  setSecurityHeaders();

  if (!url) return refuse(request.url?.startsWith("/") ? "not_found" : "invalid_input");
  if (path === "/metrics") return answerMetrics(request, response);
  if (isAsset) return handleByNext(request, response);

  try {
    checkCredentials(request);
    if (route?.kind !== "health") {
      tenant = await findTenantByHost(caller.host);
      if (!tenant) return await refuse("not_found");
    }
  } catch (error) {
    return refuseWith(request, response, path, refusalOf(error));
  }
  const contentSecurityPolicy = setSecurityHeaders();

  const isRead = request.method === "GET" || request.method === "HEAD";
  if (route && !route.methods.includes(request.method ?? "")) {
    return refuseMethod(request, response, path, route.methods);
  }
  if (request.method === "TRACE") return refuseMethod(request, response, path, ["GET", "HEAD"]);
  if (!route && (isApiPath(path) || !isRead)) return refuse("not_found");

  response.setHeader("Cache-Control", "private, no-store");
  const target = withoutNextParameters(url);
  rewriteHeaders(request, { ...caller, nonce, path: target, contentSecurityPolicy });
  request.url = route ? target : notFoundPath; // no trick with an unknown path reaches Next
  await handleByNext(request, response);
}

/** Writes the log line and the counters when the answer is out, and mends what only shows at the very end. */
function watch(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  route: string,
  startedMs: number,
): void {
  const method = request.method ?? "";
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((status: number, ...rest: []) => {
    response.removeHeader("X-Powered-By");
    if (route !== "(asset)" && response.hasHeader("Cache-Control")) {
      response.setHeader("Cache-Control", "private, no-store"); // Next adds words of its own
    }
    if (!response.hasHeader("Referrer-Policy")) {
      response.setHeader("Referrer-Policy", "strict-origin-when-cross-origin");
    }
    // Next answers a page with 200; what the page itself found out counts.
    const pageStatus = status === 200 ? (context.pageStatus ?? status) : status;
    if (pageStatus === 503) response.setHeader("Retry-After", "5");
    return writeHead(pageStatus, ...rest);
  }) as typeof response.writeHead;

  response.on("close", () => {
    const milliseconds = Math.round((performance.now() - startedMs) * 10) / 10;
    const status = response.writableFinished ? response.statusCode : 499; // the caller went away
    countRequest({ method, route, status, milliseconds });
    log().info({ requestId: context.requestId, method, route, status, milliseconds }, "request");
  });
}

function refuseMethod(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  allowed: readonly string[],
): Promise<void> {
  const answer = isApiPath(path)
    ? jsend.methodNotAllowed(allowed)
    : plainPage("method_not_allowed", { Allow: allowed.join(", ") });
  return send(response, answer, request.method === "HEAD");
}

function refuseWith(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  refusal: DomainError,
): Promise<void> {
  const retry = refusal.code === "database_unavailable" ? { "Retry-After": "5" } : {};
  const answer = isApiPath(path) ? jsend.refusal(refusal) : plainPage(refusal.code, retry);
  return send(response, answer, request.method === "HEAD");
}

/** GET /metrics, for who has the METRICS_TOKEN; nothing is here for anybody else. */
async function answerMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = env().METRICS_TOKEN;
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const isAllowed = token !== undefined && bearer !== undefined && matchesHash(bearer, hashSecret(token));
  const isRead = request.method === "GET" || request.method === "HEAD";
  const answer = isAllowed && isRead ? await metricsAnswer() : plainPage("not_found");
  return send(response, answer, request.method === "HEAD");
}
