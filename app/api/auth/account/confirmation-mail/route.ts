import { accountMails } from "#app/_mail/account-mails.tsx";
import { resendConfirmation } from "#lib/domain/accounts/confirm-email.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { inEvenTime } from "#lib/http/even-time.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { mailInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** POST /api/auth/account/confirmation-mail: the confirmation of a new account once more. */
export const POST = accountRoute(async (request, tenant) => {
  await countAddressAgainst("sign-up", clientAddressOf(request.headers));
  const { emailAddress } = parseInput(mailInput, await readJsonBody(request));
  const mails = await accountMails(tenant);
  await inEvenTime(() => resendConfirmation({ tenant, emailAddress, mails }));
  return jsend.success({});
});
