/** Who calls, by the session cookies. Every page and handler asks for itself; a layout is no gate. */
import { headers } from "next/headers";
import { notFound, redirect, unauthorized } from "next/navigation";
import { cache } from "react";
import { readSession, type SignedIn } from "#lib/domain/sessions/read-session.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { hostOf, pathOf } from "#lib/http/request-facts.ts";
import { readCookieCredentials } from "#lib/http/session-cookie.ts";

/** The programme of the page that is being rendered. Read once for a page and its layouts. */
export const requireTenantPage = cache(async (): Promise<Tenant> => {
  const tenant = await orPageError(findTenantByHost(hostOf(await headers())));
  return tenant ?? notFound();
});

/**
 * The member whose page this is. A stranger gets the 401 page of an embedded programme, or the sign-in page of an
 * interactive one. Opening a page is an activity; a browser's prefetch is none.
 */
export const requireMemberPage = cache(async (): Promise<SignedIn & { tenant: Tenant }> => {
  const tenant = await requireTenantPage();
  const requestHeaders = await headers();
  const credentials = await readCookieCredentials(requestHeaders);
  const isActivity = !isPrefetch(requestHeaders);
  const signedIn = await orPageError(readSession(tenant.id, credentials, { isActivity }));
  if (signedIn) return { ...signedIn, tenant };
  if (tenant.authMode === "embedded") return unauthorized();
  return redirect(`/login?callbackUrl=${encodeURIComponent(pathOf(requestHeaders))}`);
});

/** Who is signed in by these cookies, without taking the question for an activity; null for a stranger. */
export async function findSignedIn(request: Request, tenant: Tenant): Promise<SignedIn | null> {
  return readSession(tenant.id, await readCookieCredentials(request.headers), { isActivity: false });
}

/** A browser that fetches ahead, or Next's own prefetch of a link. */
export function isPrefetch(requestHeaders: Headers): boolean {
  const purpose = `${requestHeaders.get("sec-purpose") ?? ""} ${requestHeaders.get("purpose") ?? ""}`;
  return purpose.includes("prefetch") || requestHeaders.has("next-router-prefetch");
}

/** A page has no renderer of refusals: it throws, and the start script turns a missing database into a 503. */
async function orPageError<Value>(read: Promise<Value>): Promise<Value> {
  return read.catch((error: unknown) => {
    throw refusalOf(error);
  });
}
