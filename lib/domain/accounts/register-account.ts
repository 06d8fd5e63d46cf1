/**
 * Signing up for a Laurel account: a new member with an e-mail address and a password.
 *
 * Holds under any retry or race:
 *   1. whoever asks learns nothing of who has an account: the answer is the same, and what is there shows in a mail;
 *   2. one address is one account, however many ask for it at once;
 *   3. until the address is confirmed, what was entered for it last stands there, and it is nobody's: a link in a mail confirms
 *      it only for the browser that signed up last, or for who knows that password (`confirm-email.ts`). Nobody can keep a
 *      stranger's address, or have its owner confirm a password that is not the owner's.
 *
 * Making a member is the event REGISTERED_ACCOUNT; what rules give for it is there with it.
 */
import { now } from "#lib/config/clock.ts";
import { type AccountRow, insertAccount, updateAccount } from "#lib/db/accounts.ts";
import type { Prisma, Tx } from "#lib/db/client.ts";
import { updateMemberRow } from "#lib/db/members.ts";
import { inTransaction, retryingAlreadyThere } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields, wasEverUsed } from "#lib/domain/accounts/account.ts";
import {
  type AccountMails,
  accountPagesOf,
  greetingOf,
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
import { insertNewMember, mergeAttributes, profileColumns } from "#lib/domain/members/new-member.ts";
import { emptyProfile, type NewProfile, type ProfileChange } from "#lib/domain/members/profile.ts";
import { sayingWhy } from "#lib/domain/once.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type RegisterAccount = {
  tenant: Tenant;
  givenName: string;
  familyName: string;
  emailAddress: string;
  password: string;
  /** What is known of the person besides. */
  further?: ProfileChange;
  /** By this the browser that signs up is known again when the link is opened. */
  signUpSecret: string;
  mails: AccountMails;
};

/** A sign-up that will do, as far as can be said without looking at who is there. */
export type CheckedRegistration = RegisterAccount & { accountEmail: string };

/** Refuses `registration_closed` and `invalid_input`. */
export async function checkRegistration(command: RegisterAccount): Promise<CheckedRegistration> {
  const { tenant, emailAddress, password } = command;
  if (!tenant.selfRegistration) throw new DomainError("registration_closed");
  const accountEmail = parseAccountEmail(emailAddress);
  if (accountEmail === null) throw refuseFields({ emailAddress: "email_invalid" });
  await requireGoodPassword(password, accountEmail);
  return { ...command, accountEmail };
}

/** The id of the member that was made; null where somebody had signed up with the address before. */
export async function registerAccount(command: CheckedRegistration): Promise<MemberId | null> {
  const account = {
    emailAddress: command.accountEmail,
    passwordHash: await hashPassword(command.password),
    signUpHash: hashSecret(command.signUpSecret),
  };
  const memberId = await retryingAlreadyThere(() =>
    sayingWhy(() => inTransaction((tx) => register(tx, command, account))),
  );
  deliverSoon();
  return memberId;
}

type NewAccount = { emailAddress: string; passwordHash: string; signUpHash: string };

async function register(tx: Tx, command: RegisterAccount, account: NewAccount): Promise<MemberId | null> {
  const { tenant, mails } = command;
  const { emailAddress } = account;
  const found = await holdAccountByEmail(tx, tenant.id, emailAddress);
  const at = now(); // of those who waited for each other, the last one's link and mail are the newest
  if (!found) return makeAccount(tx, command, account, at);

  const memberId = found.memberId as MemberId;
  const recipient = { tenant, memberId, emailAddress };
  if (isTaken(found, tenant)) {
    const write = () => mails.accountExists({ ...greetingOf(found), pages: accountPagesOf(tenant) });
    await postRequestedMail(tx, recipient, "account_exists", write, at);
    return null;
  }
  await takeOver(tx, command, { ...account, memberId, before: found.passwordHash }, at);
  await postConfirmation(tx, recipient, mails, at);
  return null;
}

/** Whether an account's address is somebody's; before anybody has confirmed it, it is still free. */
export function isTaken(account: AccountRow, { emailConfirmation }: Tenant): boolean {
  return emailConfirmation === "off" || wasEverUsed(account);
}

/** Makes the member and its account; the member's id. Fails as already there where another call was faster. */
export async function makeAccount(
  tx: Tx,
  command: RegisterAccount,
  account: NewAccount,
  at: Date,
): Promise<MemberId> {
  const { tenant, mails } = command;
  const memberId = await insertNewMember(tx, {
    ...{ tenantId: tenant.id, authIdentifier: null, ...profileOf(command), at },
  });
  await insertAccount(tx, { ...account, tenantId: tenant.id, memberId, emailConfirmedAt: null, at });
  await raiseEvent(tx, { tenantId: tenant.id, memberId, type: "REGISTERED_ACCOUNT", payload: {}, at });
  if (tenant.emailConfirmation === "required") {
    await postConfirmation(tx, { tenant, memberId, emailAddress: account.emailAddress }, mails, at);
  }
  return memberId;
}

/** What was entered for a free address last stands there. */
async function takeOver(
  tx: Tx,
  command: RegisterAccount,
  account: NewAccount & { memberId: MemberId; before: string },
  at: Date,
): Promise<void> {
  const { tenant } = command;
  const { memberId, before, passwordHash, signUpHash } = account;
  const id = { tenantId: tenant.id, memberId };
  await updateAccount(tx, { ...id, passwordHash: before }, { passwordHash, signUpHash, updatedAt: at });
  const { core, attributes } = profileOf(command);
  await updateMemberRow(tx, tenant.id, memberId, {
    ...{ ...profileColumns({ ...emptyProfile, ...core }), updatedAt: at },
    attributes: mergeAttributes({}, attributes) as Prisma.InputJsonObject,
  });
}

function profileOf({ givenName, familyName, emailAddress, further }: RegisterAccount): NewProfile {
  return {
    core: { ...further?.core, givenName, familyName, emailAddress }, // as it was typed
    attributes: further?.attributes ?? {},
  };
}

/** The mail by which an address is confirmed. */
export async function postConfirmation(
  tx: Tx,
  recipient: Recipient,
  mails: AccountMails,
  at: Date,
): Promise<void> {
  const write = async () => mails.confirmEmail({ link: await makeLink(tx, recipient, "confirm_email", at) });
  await postRequestedMail(tx, recipient, "confirm_email", write, at);
}
