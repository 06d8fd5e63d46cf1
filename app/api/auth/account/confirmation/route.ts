import { accountMails } from "#app/_mail/account-mails.tsx";
import { confirmEmail } from "#lib/domain/accounts/confirm-email.ts";
import { accountRoute } from "#lib/http/api-route.ts";
import { jsend } from "#lib/http/dialects/jsend.ts";
import { readJsonBody } from "#lib/http/read-json-body.ts";
import { linkInput } from "#lib/http/schemas/account.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";

/** POST /api/auth/account/confirmation: an e-mail address is confirmed by the link that went to it. */
export const POST = accountRoute(async (request, tenant) => {
  const { token } = parseInput(linkInput, await readJsonBody(request));
  return jsend.success(await confirmEmail({ tenant, token, mails: await accountMails(tenant) }));
});
