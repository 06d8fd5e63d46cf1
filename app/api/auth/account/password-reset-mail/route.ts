import { accountMails } from "#app/_mail/account-mails.tsx";
import { requestPasswordReset } from "#lib/domain/accounts/reset-password.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { inEvenTime } from "#lib/http/even-time.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { mailInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** POST /api/auth/account/password-reset-mail: a link for a new password, to whoever has an account. */
export const POST = accountRoute(async (request, tenant) => {
  await countAddressAgainst("password-reset", clientAddressOf(request.headers));
  const { emailAddress } = parseInput(mailInput, await readJsonBody(request));
  const mails = await accountMails(tenant);
  await inEvenTime(() => requestPasswordReset({ tenant, emailAddress, mails }));
  return jsend.success({});
});
