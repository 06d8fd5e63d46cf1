import { accountMails } from "#app/_mail/account-mails.tsx";
import { changePassword } from "#lib/domain/accounts/change-account.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { sayingPasswordWrong } from "#lib/http/weavr/password-wrong.ts";
import { endUserRoute, readInput } from "#lib/http/weavr/route.ts";
import { passwordUpdateInput } from "#lib/http/weavr/schemas.ts";

/** POST /multi/passwords/update: another password, with the old one at hand; other sessions end. */
export const POST = endUserRoute(async (request, tenant, { session }) => {
  const { oldPassword, newPassword } = await readInput(request, passwordUpdateInput);
  const tries = { tenant, session, ...passwordTries(request, tenant), mails: await accountMails(tenant) };
  const passwords = { currentPassword: oldPassword.value, newPassword: newPassword.value };
  await sayingPasswordWrong(() => changePassword({ ...tries, ...passwords }));
  return weavr.success({});
});
