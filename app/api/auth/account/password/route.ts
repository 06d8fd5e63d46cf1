import { readAccountChange } from "#app/api/auth/account/account-change.ts";
import { changePassword } from "#lib/domain/accounts/change-account.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAsActivity } from "#lib/http/member-session.ts";
import { passwordChangeInput } from "#lib/http/schemas/account.ts";

/** POST /api/auth/account/password: the signed-in person sets another password; their other sessions end. */
export const POST = accountRoute(async (request, tenant) => {
  await changePassword(await readAccountChange(request, tenant, passwordChangeInput));
  await countAsActivity(request, tenant);
  return jsend.success({});
});
