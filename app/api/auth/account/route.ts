import { accountMails } from "#app/_mail/account-mails.tsx";
import { checkRegistration, registerAccount } from "#lib/domain/accounts/register-account.ts";
import { generateSecret } from "#lib/domain/secrets.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { inEvenTime } from "#lib/http/even-time.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { registerInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { signUpCookie, withCookies } from "#lib/http/session-cookie.ts";

/** POST /api/auth/account: signing up; the same answer whether the address has an account or not. */
export const POST = accountRoute(async (request, tenant) => {
  const input = parseInput(registerInput, await readJsonBody(request));
  const signUpSecret = generateSecret();
  const mails = await accountMails(tenant);
  const registration = await checkRegistration({ ...input, tenant, signUpSecret, mails });
  // Who has yet to find a password that will do, uses up no tries.
  await countAddressAgainst("sign-up", clientAddressOf(request.headers));
  await inEvenTime(() => registerAccount(registration));
  const { emailConfirmation } = tenant;
  return withCookies(jsend.success({ emailConfirmation }), [signUpCookie(signUpSecret)]);
});
