import { accountMails } from "#app/_mail/account-mails.tsx";
import { isResetLinkGood, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import { accountLinkRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { countAgainst, limiterKeyOf } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { resetInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** POST /api/auth/account/password-reset: a new password by a link; every session ends. */
export const POST = accountLinkRoute(isResetLinkGood, async (request, tenant) => {
  const { token, password } = parseInput(resetInput, await readJsonBody(request));
  const address = limiterKeyOf(clientAddressOf(request.headers));
  const admit = () => countAgainst("password-reset", address);
  await resetPassword({ tenant, token, password, address, admit, mails: await accountMails(tenant) });
  return jsend.success({});
});
