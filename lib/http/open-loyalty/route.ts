/** Every endpoint of Open Loyalty's clients: run, and say what is thrown in their dialect. */
import { DomainError } from "#lib/domain/errors.ts";
import { findTenantByCode } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { allowOrigin } from "#lib/http/user-api/cors.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";

/** An endpoint that belongs to no store. */
export function deploymentRoute(handle: (request: Request) => Promise<Response>): UserApiHandler {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      return openLoyalty.refusal(refusalOf(error));
    }
  };
}

/** An endpoint of the store whose code is in the path. Refuses `not_found` where there is none. */
export function storeRoute(handle: (request: Request, tenant: Tenant) => Promise<Response>): UserApiHandler {
  return async (request, context) => {
    let tenant: Tenant | null = null;
    let response: Response;
    try {
      const { storeCode = "" } = (await context?.params) ?? {};
      tenant = await findTenantByCode(storeCode);
      if (!tenant) throw new DomainError("not_found");
      response = await handle(request, tenant);
    } catch (error) {
      response = openLoyalty.refusal(refusalOf(error));
    }
    return allowOrigin(response, request, tenant);
  };
}
