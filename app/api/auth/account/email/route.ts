import { readAccountChange } from "#app/api/auth/account/account-change.ts";
import { requestEmailChange } from "#lib/domain/accounts/change-account.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { inEvenTime } from "#lib/http/even-time.ts";
import { countAsActivity } from "#lib/http/member-session.ts";
import { emailChangeInput } from "#lib/http/schemas/account.ts";

/** POST /api/auth/account/email: the signed-in person moves to another e-mail address, which has to be confirmed. */
export const POST = accountRoute(async (request, tenant) => {
  const change = await readAccountChange(request, tenant, emailChangeInput);
  await inEvenTime(() => requestEmailChange(change));
  await countAsActivity(request, tenant);
  return jsend.success({});
});
