import { validateVoucher } from "#lib/domain/benefits/validate-voucher.ts";
import { benefitJson } from "#lib/http/schemas/benefit.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/validate_voucher: a till looks at a code, or uses it up. */
export const POST = userApiRoute(
  operations.validateVoucher,
  async ({ tenant, caller, apiKey, body, key }) => {
    const { code, allowFutureValidation: isOnlyLook = false } = body;
    const { benefit, isReplay } = await validateVoucher({
      ...{ tenantId: tenant.id, code, isOnlyLook },
      key: key(caller.kind === "admin" ? `admin:${caller.admin.id}` : `key:${apiKey.id}`),
    });
    return { data: benefitJson(benefit), isReplay };
  },
);
