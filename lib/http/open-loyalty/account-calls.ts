/** The calls about members' own accounts: signing up and passwords (contract 6.2). What they mail is the app's to write. */
import type { AccountMails } from "#lib/domain/accounts/account-mails.ts";
import { changePassword } from "#lib/domain/accounts/change-account.ts";
import { checkRegistration, registerAccount } from "#lib/domain/accounts/register-account.ts";
import { requestPasswordReset, resetPassword } from "#lib/domain/accounts/reset-password.ts";
import { newId } from "#lib/domain/ids.ts";
import { generateSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { openLoyalty } from "#lib/http/dialects/open-loyalty.ts";
import { inEvenTime } from "#lib/http/even-time.ts";
import type { MemberCaller } from "#lib/http/open-loyalty/caller.ts";
import { namingFields, readInput } from "#lib/http/open-loyalty/input.ts";
import { newProfileOf } from "#lib/http/open-loyalty/profile.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";
import {
  passwordInput,
  registrationInput,
  resetInput,
  resetRequestInput,
} from "#lib/http/open-loyalty/schemas.ts";
import { passwordTries } from "#lib/http/password-tries.ts";
import { countAddressAgainst } from "#lib/http/rate-limits.ts";
import { clientAddressOf } from "#lib/http/request-facts.ts";

type MailsOf = (tenant: Tenant) => Promise<AccountMails>;

/**
 * Signing up. Who asks for an address that somebody has is answered the same, with an id that is nobody's: what is there
 * shows in a mail.
 */
export async function answerRegistration(
  request: Request,
  tenant: Tenant,
  mailsOf: MailsOf,
): Promise<Response> {
  const { plainPassword: password, ...customer } = (await readInput(request, registrationInput)).customer;
  const { email } = customer;
  const mails = await mailsOf(tenant);
  const names = { emailAddress: "customer.email", password: "customer.plainPassword" };
  const registration = await namingFields(names, async () => {
    const { core, attributes } = await newProfileOf(customer);
    const { givenName, familyName } = core;
    return checkRegistration({
      ...{ tenant, givenName, familyName, emailAddress: email, password, further: { core, attributes } },
      ...{ signUpSecret: generateSecret(), mails },
    });
  });
  await countAddressAgainst("end-user-sign-up", clientAddressOf(request.headers));
  const memberId = await inEvenTime(() => registerAccount(registration));
  return openLoyalty.success({ customerId: memberId ?? newId(), email });
}

/** Another password, with the one before at hand. Every token of the member's is over with it. */
export async function answerPasswordChange(
  { request, tenant, caller }: Call<MemberCaller>,
  mailsOf: MailsOf,
): Promise<Response> {
  const { currentPassword, plainPassword } = await readInput(request, passwordInput);
  const session = { id: null, member: { id: caller.memberId } };
  const tries = { tenant, session, ...passwordTries(request, tenant), mails: await mailsOf(tenant) };
  await namingFields({ newPassword: "plainPassword" }, () =>
    changePassword({ ...tries, currentPassword, newPassword: plainPassword }),
  );
  return openLoyalty.done();
}

/** A mail with a link, to whoever has an account; nobody is told whether there is one. */
export async function answerResetRequest(
  request: Request,
  tenant: Tenant,
  mailsOf: MailsOf,
): Promise<Response> {
  await countAddressAgainst("member-password-reset", clientAddressOf(request.headers));
  const { username: emailAddress } = await readInput(request, resetRequestInput);
  const mails = await mailsOf(tenant);
  await namingFields({ emailAddress: "username" }, () =>
    inEvenTime(() => requestPasswordReset({ tenant, emailAddress, mails })),
  );
  return openLoyalty.done();
}

/** A new password, by the token of a mail. */
export async function answerReset(request: Request, tenant: Tenant, mailsOf: MailsOf): Promise<Response> {
  const { token, reset } = await readInput(request, resetInput);
  const { address } = passwordTries(request, tenant);
  const admit = () => countAddressAgainst("member-password-reset", address);
  const mails = await mailsOf(tenant);
  await namingFields({ password: "reset.plainPassword" }, () =>
    resetPassword({ tenant, token, password: reset.plainPassword, address, admit, mails }),
  );
  return openLoyalty.done();
}
