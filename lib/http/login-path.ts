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
  return oauth2 === null || hostOf(headers).toLowerCase() === new URL(publicUrl).host;
}
