import { unstable_rethrow } from "next/navigation";

import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { findTenantByHost } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { hostOf } from "#lib/http/request-facts.ts";
import { requireSameOrigin } from "#lib/http/same-origin.ts";

/** `id`: what varies in the path; empty where nothing does. */
type Handle = (request: Request, tenant: Tenant, id: string) => Promise<Response>;
type IsLinkGood = (tenant: Tenant, token: string) => Promise<boolean>;
type Params = { params: Promise<Readonly<Record<string, unknown>>> };
type Handler = (request: Request, context?: Params) => Promise<Response>;

/** Every endpoint of a programme's own host: find the tenant, run, and say what is thrown in JSend. */
export function hostRoute(handle: Handle): Handler {
  return async (request, context) => {
    try {
      const tenant = await findTenantByHost(hostOf(request.headers));
      if (!tenant) throw new DomainError("not_found");
      const { id = "" } = (await context?.params) ?? {};
      return await handle(request, tenant, String(id));
    } catch (error) {
      unstable_rethrow(error); // redirect() and notFound() belong to Next
      return jsend.refusal(refusalOf(error));
    }
  };
}

/** The same for endpoints that exist only where members sign in by themselves. */
export function interactiveRoute(handle: Handle): Handler {
  return hostRoute((request, tenant, id) => {
    if (tenant.authMode !== "interactive") throw new DomainError("not_found");
    return handle(request, tenant, id);
  });
}

/** The same where they do so with Laurel accounts; changes come from our own pages alone. */
export function accountRoute(handle: Handle): Handler {
  return hostRoute((request, tenant, id) => {
    if (!hasAccounts(tenant)) throw new DomainError("not_found");
    requireSameOrigin(request);
    return handle(request, tenant, id);
  });
}

/**
 * The same for what the link in a mail leads to. Where members sign in by another way their accounts come by the doors of
 * other clients: there is nothing here then but for who holds a link that works.
 */
export function accountLinkRoute(isLinkGood: IsLinkGood, handle: Handle): Handler {
  return hostRoute(async (request, tenant, id) => {
    if (!hasAccounts(tenant) && !(await isLinkGood(tenant, await tokenIn(request.clone())))) {
      throw new DomainError("not_found");
    }
    requireSameOrigin(request);
    return handle(request, tenant, id);
  });
}

async function tokenIn(request: Request): Promise<string> {
  const sent = await readJsonBody(request).catch(() => ({}));
  return "token" in sent && typeof sent.token === "string" ? sent.token : "";
}

/** The same for endpoints that exist only where the host's own server signs members in. */
export function embeddedRoute(handle: Handle): Handler {
  return hostRoute((request, tenant, id) => {
    if (tenant.authMode !== "embedded") throw new DomainError("embedded_auth_disabled");
    return handle(request, tenant, id);
  });
}
