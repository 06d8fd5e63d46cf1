import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { hostOf } from "#lib/http/request-facts.ts";

/** The page that signs people in, with what went wrong and where they were going. */
export function loginPath(error: string | null, callbackPath: string): string {
  const query = new URLSearchParams(error ? { error } : {});
  query.set("callbackUrl", callbackPath);
  return `/login?${query}`;
}

/** Whether sign-in at the identity server can begin on the host that was called; an account's can on each. */
export function isOnPublicHost(headers: Headers, { publicUrl, oauth2 }: Tenant): boolean {
  const { protocol, host } = new URL(publicUrl);
  return oauth2 === null || URL.parse(`${protocol}//${hostOf(headers)}`)?.host === host;
}

/** The sign-in page there. It says that somebody was sent, so that nobody is sent in a circle. */
export function publicLoginUrl({ publicUrl }: Tenant, callbackPath: string): string {
  return `${publicUrl}${loginPath(null, callbackPath)}&sent=1`;
}
