/**
 * The web server: node:http in front of Next's request handler. Every request passes the border, gets an id, its security
 * headers and a log line; what the border refuses never reaches Next.
 */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
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
import { localeIn } from "#lib/http/asked-locale.ts";
import { dialectOf } from "#lib/http/dialects/dialect-of.ts";
import { localeCookie } from "#lib/http/preference-cookies.ts";
import { retryHeaders } from "#lib/http/rate-limits.ts";
import { isPrefetch } from "#lib/http/request-facts.ts";
import { findRoute, isApiPath, isRouteOf } from "#lib/http/route-table.ts";
import { securityHeaders } from "#lib/http/security-headers.ts";
import { answerPreflight } from "#lib/http/user-api/cors.ts";
import { plainPage, send } from "#lib/server/answers.ts";
import {
  addressOf,
  callerOf,
  checkCredentials,
  rewriteHeaders,
  withoutNextParameters,
} from "#lib/server/border.ts";
import { countRequest, metricsAnswer } from "#lib/server/metrics.ts";
import type { UserApi } from "#lib/server/user-api.ts";

type NextHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveTimeoutMs = 65_000; // longer than the usual proxy's, so that it never writes to a closed connection

// Files of the build and of `public/`: Next serves them, and they are nobody's own.
const buildAssetPath = /^\/_next\/static\//;
const publicFiles = new Set(readdirSync("public").map((name) => `/${name}`));
const notFoundPath = "/_not-found";

type Handlers = {
  byNext: NextHandler;
  /** Null in development, where Next serves the handlers as they are edited. */
  userApi: UserApi | null;
};

export function createHttpServer(handlers: Handlers, isDevelopment: boolean): Server {
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      requireHostHeader: false, // the border refuses it, in the caller's dialect
      // Nothing here speaks another protocol but Next's development server; an upgrade is a request like any other.
      shouldUpgradeCallback: () => isDevelopment,
    },
    (request, response) => {
      const context: RequestContext = { requestId: newId(), pageStatus: null, hasFailed: false };
      requestContext.run(context, () => {
        answer(request, response, context, handlers, isDevelopment).catch((error: unknown) => {
          log().error({ requestId: context.requestId, error: describeError(error) }, "request failed");
          if (response.headersSent) response.destroy();
          else void send(response, plainPage("internal_error"), false);
        });
      });
    },
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const statusLine = statusLineByParserError[error.code ?? ""] ?? "400 Bad Request";
    if (socket.writable) socket.end(bareAnswer(statusLine));
  });
  server.on("connect", (_request, socket) => {
    socket.on("error", () => socket.destroy()); // Node hands the socket over, and its errors with it
    socket.end(bareAnswer(methodNotAllowedLine));
  });
  return server;
}

const methodNotAllowedLine = "405 Method Not Allowed\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const statusLineByParserError: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_INVALID_METHOD: methodNotAllowedLine,
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** For what is no HTTP request that could be answered in full. */
function bareAnswer(statusLine: string): string {
  const headers = [
    `X-Request-Id: ${newId()}`,
    "Cache-Control: private, no-store",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy: strict-origin-when-cross-origin",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "Content-Length: 0",
  ];
  return `HTTP/1.1 ${statusLine}\r\n${headers.join("\r\n")}\r\n\r\n`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  { byNext: handleByNext, userApi }: Handlers,
  isDevelopment: boolean,
): Promise<void> {
  const startedMs = performance.now();
  const url = addressOf(request);
  const path = url?.pathname ?? "";
  const found = findRoute(path);
  const route = found?.isForDevelopment && !isDevelopment ? null : found;
  const isAsset =
    buildAssetPath.test(path) || publicFiles.has(path) || (isDevelopment && path.startsWith("/_next/"));
  const routeName = route?.template ?? (isAsset ? "(asset)" : "(none)");
  const isPublic = isAsset || (route?.isPublic ?? false);
  watch(
    request,
    response,
    context,
    { name: routeName, isPage: !isApiPath(path) && !isAsset, isPublic },
    startedMs,
  );

  const caller = callerOf(request);
  const nonce = randomBytes(16).toString("base64");
  const refuse = (code: DomainErrorCode) => refuseWith(request, response, path, new DomainError(code));
  let tenant: Tenant | null = null;
  const setSecurityHeaders = () => {
    const framedBy = route?.framedBy ?? (isApiPath(path) || isAsset ? "nobody" : "hosts");
    const leadsToIdentityServer = route?.leadsToIdentityServer ?? false;
    const headers = securityHeaders({ nonce, tenant, framedBy, leadsToIdentityServer, isDevelopment });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return headers["Content-Security-Policy"] ?? "";
  };
  response.setHeader("X-Request-Id", context.requestId);
  setSecurityHeaders();

  if (!url) return refuse(request.url?.startsWith("/") ? "not_found" : "invalid_input");
  if (request.method === "TRACE")
    return refuseMethod(request, response, path, route?.methods ?? ["GET", "HEAD"]);
  if (path === "/metrics") return answerMetrics(request, response);
  if (isAsset) return handleByNext(request, response);

  try {
    checkCredentials(request);
    if (route?.kind !== "deployment" && route?.kind !== "userApi") {
      tenant = await findTenantByHost(caller.host);
      if (!tenant) return await refuse("not_found");
    }
  } catch (error) {
    return refuseWith(request, response, path, refusalOf(error));
  }
  const contentSecurityPolicy = setSecurityHeaders();

  const isRead = request.method === "GET" || request.method === "HEAD";
  if (route && !route.methods.includes(request.method ?? "")) {
    if (tenant && !isRouteOf(route, tenant)) return refuse("not_found");
    return refuseMethod(request, response, path, route.methods);
  }
  if (!route && (isApiPath(path) || !isRead)) return refuse("not_found");

  if (!isPublic) response.setHeader("Cache-Control", "private, no-store");
  const target = withoutNextParameters(url);
  rewriteHeaders(request, { ...caller, nonce, path: target, contentSecurityPolicy });
  if (!route) context.pageStatus = 404;
  if (route?.kind === "page" && !isPublic) rememberLocale(request, response, target);
  request.url = route ? target : notFoundPath; // no trick with an unknown path reaches Next
  if (route?.kind === "userApi") {
    const { method } = request;
    if (method === "OPTIONS")
      return send(response, await answerPreflight(request.headers.origin, route.methods), false);
    if (userApi && !route.needsNext) {
      await send(response, await userApi(request, route), method === "HEAD");
      // What is left of a body that nobody wanted to the end: until it is taken, the connection serves nothing else.
      if (!request.complete) request.resume();
      return;
    }
  }
  await handleByNext(request, response);
}

/** The language that a page's address asks for is that of the pages after it, too. */
function rememberLocale(request: IncomingMessage, response: ServerResponse, target: string): void {
  const locale = localeIn(target);
  if (locale && !isPrefetch(new Headers(request.headers as Record<string, string>))) {
    response.appendHeader("Set-Cookie", localeCookie(locale));
  }
}

/** Writes the log line and the counters when the answer is out, and mends what only shows at the very end. */
function watch(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  { name: route, isPage, isPublic }: { name: string; isPage: boolean; isPublic: boolean },
  startedMs: number,
): void {
  const method = request.method ?? "";
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((status: number, ...rest: []) => {
    response.removeHeader("X-Powered-By");
    if (!isPublic && response.hasHeader("Cache-Control")) {
      response.setHeader("Cache-Control", "private, no-store"); // Next adds words of its own
    }
    if (!response.hasHeader("Referrer-Policy")) {
      response.setHeader("Referrer-Policy", referrerPolicyOf(request));
    }
    // Next answers a page with 200; what the page itself found out counts. Where a page fails and nothing of ours did,
    // Next choked on one of its router's own headers.
    const isOverHeaders = status === 500 && isPage && !context.hasFailed && request.headers.rsc !== undefined;
    const pageStatus = status === 200 ? (context.pageStatus ?? status) : isOverHeaders ? 400 : status;
    if (pageStatus === 503 && !response.hasHeader("Retry-After")) response.setHeader("Retry-After", "5");
    return writeHead(pageStatus, ...rest);
  }) as typeof response.writeHead;

  response.on("close", () => {
    const milliseconds = Math.round((performance.now() - startedMs) * 10) / 10;
    const status = response.writableFinished ? response.statusCode : 499; // the caller went away
    countRequest({ method, route, status, milliseconds });
    log().info({ requestId: context.requestId, method, route, status, milliseconds }, "request");
  });
}

/** A link's token stands in these addresses: they are told to nobody. */
function referrerPolicyOf({ url }: IncomingMessage): string {
  if (url?.startsWith("/api/auth")) return "no-referrer";
  const isMailed = /^\/(?:reset-password|confirm-email)(?:\?|$)/.test(url ?? "");
  return isMailed ? "same-origin" : "strict-origin-when-cross-origin";
}

function refuseMethod(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  allowed: readonly string[],
): Promise<void> {
  const answer = isApiPath(path)
    ? dialectOf(path).methodNotAllowed(allowed)
    : plainPage("method_not_allowed", { Allow: allowed.join(", ") });
  return send(response, answer, request.method === "HEAD");
}

function refuseWith(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  refusal: DomainError,
): Promise<void> {
  const answer = isApiPath(path)
    ? dialectOf(path).refusal(refusal)
    : plainPage(refusal.code, retryHeaders(refusal));
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
