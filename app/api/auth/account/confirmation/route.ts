import { accountMails } from "#app/_mail/account-mails.tsx";
import { confirmEmail, isConfirmationGood } from "#lib/domain/accounts/confirm-email.ts";
import { accountLinkRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { findSignedIn } from "#lib/http/member-session.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { confirmationInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { clearedSignUpCookie, readSignUpSecret, withCookies } from "#lib/http/session-cookie.ts";

/** POST /api/auth/account/confirmation: an e-mail address is confirmed by the link that went to it. */
export const POST = accountLinkRoute(isConfirmationGood, async (request, tenant) => {
  const { token, password = null } = parseInput(confirmationInput, await readJsonBody(request));
  const signedIn = await findSignedIn(request, tenant);
  const confirmed = await confirmEmail({
    ...{ tenant, token, password, ...passwordTries(request, tenant) },
    ...{ signUpSecret: readSignUpSecret(request.headers), signedInId: signedIn?.session.member.id ?? null },
    mails: await accountMails(tenant),
  });
  return withCookies(jsend.success(confirmed), [clearedSignUpCookie()]);
});
