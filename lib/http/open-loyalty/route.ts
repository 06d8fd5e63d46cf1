/** Every endpoint of Open Loyalty's clients: who calls, run, and say what is thrown in their dialect. */
import { DomainError } from "#lib/domain/errors.ts";
import { findTenantByCode } from "#lib/domain/tenants/find-tenant.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { refusalOf } from "#lib/http/answer-errors.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import {
  type AdminCaller,
  type Caller,
  type MemberCaller,
  requireCaller,
} from "#lib/http/open-loyalty/caller.ts";
import { allowOrigin } from "#lib/http/user-api/cors.ts";
import type { UserApiHandler } from "#lib/http/user-api/route.ts";

/** What varies in the path besides the store's code, by its name. */
export type PathValues = Readonly<Record<string, string>>;

export type Call<Who extends Caller = Caller> = {
  request: Request;
  tenant: Tenant;
  caller: Who;
  path: PathValues;
};

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
export function storeRoute(
  handle: (request: Request, tenant: Tenant, path: PathValues) => Promise<Response>,
): UserApiHandler {
  return async (request, context) => {
    let tenant: Tenant | null = null;
    let response: Response;
    try {
      const { storeCode = "", ...path } = (await context?.params) ?? {};
      tenant = await findTenantByCode(storeCode.toLowerCase());
      if (!tenant) throw new DomainError("not_found");
      response = await handle(request, tenant, path);
    } catch (error) {
      response = openLoyalty.refusal(refusalOf(error));
    }
    return allowOrigin(response, request, tenant);
  };
}

/** For members and for who runs the programme; what each may see, the endpoint says. */
export function callerRoute(handle: (call: Call) => Promise<Response>): UserApiHandler {
  return storeRoute(async (request, tenant, path) =>
    handle({ request, tenant, path, caller: await requireCaller(request, tenant) }),
  );
}

/** For members alone, about themselves. */
export function memberRoute(handle: (call: Call<MemberCaller>) => Promise<Response>): UserApiHandler {
  return callerRoute(async ({ caller, ...call }) => {
    if (caller.kind !== "member") throw new DomainError("forbidden");
    return handle({ ...call, caller });
  });
}

/** For who runs the programme. */
export function adminRoute(handle: (call: Call<AdminCaller>) => Promise<Response>): UserApiHandler {
  return callerRoute(async ({ caller, ...call }) => {
    if (caller.kind !== "admin") throw new DomainError("forbidden");
    return handle({ ...call, caller });
  });
}
