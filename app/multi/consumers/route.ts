import { accountMails } from "#app/_mail/account-mails.tsx";
import { checkRegistration } from "#lib/domain/accounts/register-account.ts";
import { signUpEndUser } from "#lib/domain/accounts/sign-in-end-user.ts";
import { generateSecret } from "#lib/domain/secrets.ts";
import { weavr } from "#lib/http/dialects/weavr.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";
import { keyRoute, readInput } from "#lib/http/weavr/route.ts";
import { registeredJson, registrationInput } from "#lib/http/weavr/schemas.ts";

/** POST /multi/consumers: signing up, which signs in. */
export const POST = keyRoute(async (request, tenant) => {
  const { rootUser, password } = await readInput(request, registrationInput);
  const registration = await checkRegistration({
    ...{ tenant, givenName: rootUser.name, familyName: rootUser.surname, emailAddress: rootUser.email },
    ...{ password: password.value, signUpSecret: generateSecret(), mails: await accountMails(tenant) },
  });
  await countAddressAgainst("end-user-sign-up", clientAddressOf(request.headers));
  return weavr.success(registeredJson(await signUpEndUser(registration)));
});
