/**
 * Signing up for a Laurel account: a new member with an e-mail address and a password.
 *
 * Holds under any retry or race:
 *   1. whoever asks learns nothing of who has an account: the answer is the same, and what is there shows in a mail;
 *   2. one address is one account, however many ask for it at once;
 *   3. until the address is confirmed, who signs up with it last decides the password, and older links are void: nobody can
 *      keep a stranger's address, or leave a password of theirs behind it.
 *
 * Making a member is the event REGISTERED_ACCOUNT; what rules give for it is there with it.
 */
import { now } from "#lib/config/clock.ts";
import { deleteLinks, insertAccount, updateAccount } from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { updateMemberRow } from "#lib/db/members.ts";
import { inTransaction, isAlreadyThere } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields } from "#lib/domain/accounts/account.ts";
import {
  type AccountMails,
  accountUrls,
  makeLink,
  postRequestedMail,
  type Recipient,
} from "#lib/domain/accounts/account-mails.ts";
import { requireGoodPassword } from "#lib/domain/accounts/good-password.ts";
import { holdAccountByEmail } from "#lib/domain/accounts/hold-account.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { insertNewMember } from "#lib/domain/members/new-member.ts";
import { sayingWhy } from "#lib/domain/once.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type RegisterAccount = {
  tenant: Tenant;
  givenName: string;
  familyName: string;
  emailAddress: string;
  password: string;
  mails: AccountMails;
};

const triesMax = 5;

/**
 * What can be said of a sign-up without looking at who is there: the address as accounts keep it. Refuses
 * `registration_closed` and `invalid_input`.
 */
export async function checkRegistration({
  tenant,
  emailAddress: asTyped,
  password,
}: Pick<RegisterAccount, "tenant" | "emailAddress" | "password">): Promise<string> {
  if (!tenant.selfRegistration) throw new DomainError("registration_closed");
  const emailAddress = parseAccountEmail(asTyped);
  if (emailAddress === null) throw refuseFields({ emailAddress: "email_invalid" });
  await requireGoodPassword(password, emailAddress);
  return emailAddress;
}

/** Refuses as `checkRegistration` does. */
export async function registerAccount(command: RegisterAccount): Promise<void> {
  const emailAddress = await checkRegistration(command);
  const account = { emailAddress, passwordHash: await hashPassword(command.password) };
  for (let tries = 1; ; tries++) {
    try {
      await sayingWhy(() => inTransaction((tx) => register(tx, command, account)));
      return deliverSoon();
    } catch (error) {
      // Another call made the account, or drew the same account number, at the same moment.
      if (!isAlreadyThere(error) || tries === triesMax) throw error;
    }
  }
}

type NewAccount = { emailAddress: string; passwordHash: string };

async function register(tx: Tx, command: RegisterAccount, account: NewAccount): Promise<void> {
  const { tenant, mails } = command;
  const { emailAddress } = account;
  const found = await holdAccountByEmail(tx, tenant.id, emailAddress);
  const at = now(); // of those who waited for each other, the last one's link and mail are the newest
  if (!found) return makeAccount(tx, command, account, at);

  const recipient = { tenant, memberId: found.memberId as MemberId, emailAddress };
  const givenName = found.givenName ?? "";
  if (found.emailConfirmedAt !== null || tenant.emailConfirmation === "off") {
    const write = () => mails.accountExists({ givenName, ...accountUrls(tenant) });
    return postRequestedMail(tx, recipient, write, at);
  }
  const write = async () => {
    const { memberId } = recipient;
    await takeOver(tx, command, { ...account, memberId, before: found.passwordHash }, at);
    return confirmationMail(tx, recipient, command.givenName, mails, at);
  };
  return postRequestedMail(tx, recipient, write, at);
}

async function makeAccount(
  tx: Tx,
  { tenant, givenName, familyName, emailAddress: asTyped, mails }: RegisterAccount,
  account: NewAccount,
  at: Date,
): Promise<void> {
  const core = { givenName, familyName, emailAddress: asTyped };
  const memberId = await insertNewMember(tx, {
    ...{ tenantId: tenant.id, authIdentifier: null, core, attributes: {}, at },
  });
  await insertAccount(tx, { ...account, tenantId: tenant.id, memberId, emailConfirmedAt: null, at });
  await raiseEvent(tx, { tenantId: tenant.id, memberId, type: "REGISTERED_ACCOUNT", payload: {}, at });
  if (tenant.emailConfirmation === "off") return;
  const recipient = { tenant, memberId, emailAddress: account.emailAddress };
  await postRequestedMail(tx, recipient, () => confirmationMail(tx, recipient, givenName, mails, at), at);
}

/** An address that nobody has confirmed is still free: what was entered for it last counts. */
async function takeOver(
  tx: Tx,
  { tenant, givenName, familyName, emailAddress: asTyped }: RegisterAccount,
  account: NewAccount & { memberId: MemberId; before: string },
  at: Date,
): Promise<void> {
  const { memberId, before, passwordHash } = account;
  const id = { tenantId: tenant.id, memberId };
  await updateAccount(tx, { ...id, passwordHash: before }, { passwordHash, updatedAt: at });
  await updateMemberRow(tx, tenant.id, memberId, {
    givenName,
    familyName,
    emailAddress: asTyped,
    updatedAt: at,
  });
  await deleteLinks(tx, tenant.id, memberId, ["confirm_email"]);
}

/** The mail by which an address is confirmed. */
export async function confirmationMail(
  tx: Tx,
  recipient: Recipient,
  givenName: string,
  mails: AccountMails,
  at: Date,
) {
  return mails.confirmEmail({ givenName, link: await makeLink(tx, recipient, "confirm_email", at) });
}
