/** Who calls, by the session cookies. Every page and handler asks for itself; a layout is no gate. */
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";

import { requestContext } from "#lib/config/request-context.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { SessionId } from "#lib/domain/ids.ts";
import type { Locale } from "#lib/domain/locales.ts";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { loginPath } from "#lib/http/login-path.ts";
import { safeRedirectPath } from "#lib/http/redirect-path.ts";
import { hostOf, isPrefetch, isRefresh, pathOf } from "#lib/http/request-facts.ts";
import { findRoute, isApiPath, type Route } from "#lib/http/route-table.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";

/** The programme of the page that is being rendered. Read once for a page and its layouts. */
export const requireTenantPage = cache(async (): Promise<Tenant> => {
  const tenant = await findTenantByHost(hostOf(await headers()));
  return tenant ?? notFound();
});

/** The same for what has to look right even so: null where no programme answers, and while the database is away. */
export const findTenantOfPage = cache(
  async (): Promise<Tenant | null> => findTenantByHost(hostOf(await headers())).catch(() => null),
);

export type PageMember = SignedIn & {
  tenant: Tenant;
  /** For a page that has yet to find what it shows: whose activity it is then. Null where it is none, or counted. */
  visitorSessionId: SessionId | null;
};

/**
 * Who looks at the page that is being rendered: read once for it, its layouts and its language. Opening a member's page is an
 * activity, unless it may turn out to be missing; a browser's prefetch is none, nor a page that looks again by itself.
 */
const readPageSession = cache(async () => {
  const tenant = await requireTenantPage();
  const requestHeaders = await headers();
  const credentials = await readCookieCredentials(requestHeaders);
  const { isMembers = false, mayBeMissing = false } = routeOf(requestHeaders) ?? {};
  const isVisit = isMembers && !isPrefetch(requestHeaders) && !isRefresh(requestHeaders);
  const signedIn = await readSession(tenant, credentials, { isActivity: isVisit && !mayBeMissing });
  return { tenant, signedIn, isUncountedVisit: isVisit && mayBeMissing };
});

function routeOf(requestHeaders: Headers): Route | null {
  return findRoute(pathOf(requestHeaders).split("?")[0] ?? "");
}

/**
 * The member whose page this is; null for a stranger. One that may turn out to be missing is no activity yet
 * (`visitorSessionId`). A stranger to an interactive programme is sent to its sign-in page.
 */
export const findPageMember = cache(async (): Promise<PageMember | null> => {
  const { tenant, signedIn, isUncountedVisit } = await readPageSession();
  if (signedIn)
    return { ...signedIn, tenant, visitorSessionId: isUncountedVisit ? signedIn.session.id : null };
  if (tenant.authMode === "embedded") return null;
  return redirect(loginPath(null, safeRedirectPath(pathOf(await headers()), tenant.publicUrl)));
});

/** Who is signed in, for a page that is a stranger's: looking at it is no activity. */
export async function findVisitor(): Promise<SignedIn | null> {
  return (await readPageSession()).signedIn;
}

/**
 * The language that a page's reader chose. An API's answer is not asked here: it knows whom it writes to, and a session that
 * it reads is not remembered. Where nobody can be found out, the page meets the same failure, and tells.
 */
export async function findReaderLocale(): Promise<Locale | null> {
  const isPage = !isApiPath(pathOf(await headers()));
  const reader = isPage ? await findVisitor().catch(() => null) : null;
  return reader?.session.member.locale ?? null;
}

/**
 * The status of the page that is being rendered. Next's own way to a 401 or 404 in the middle of a page leaves a body
 * that only a script fills: docs/decisions/0006-pages-set-their-own-status.md
 */
export function answerPageWith(status: 401 | 403 | 404 | 500 | 503): void {
  const context = requestContext.getStore();
  if (context) context.pageStatus = status;
}

/** Whether that is the status by now: the start script says so of an address that is none of ours. */
export function isPageAnsweredWith(status: 404): boolean {
  return requestContext.getStore()?.pageStatus === status;
}

/** Who is signed in by these cookies, without taking the question for an activity; null for a stranger. */
export async function findSignedIn(request: Request, tenant: Tenant): Promise<SignedIn | null> {
  return readSession(tenant, await readCookieCredentials(request.headers), { isActivity: false });
}

/** The same where there has to be somebody. Refuses `session_invalid`. */
export async function requireSignedIn(request: Request, tenant: Tenant): Promise<SignedIn> {
  const signedIn = await findSignedIn(request, tenant);
  if (!signedIn) throw new DomainError("session_invalid");
  return signedIn;
}

/** What was asked for has succeeded, which extends an idle limit; a refusal would not have. */
export async function countAsActivity(request: Request, tenant: Tenant): Promise<void> {
  await readSession(tenant, await readCookieCredentials(request.headers), { isActivity: true });
}
