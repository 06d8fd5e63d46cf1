/** Confirming an e-mail address by the link in a mail: that of a new account, or one that an account moves to. */
import { now } from "#lib/config/clock.ts";
import { deleteLinks, findLink, type LinkRow, takeLink, updateAccount } from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { inTransaction, isAlreadyThere } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields } from "#lib/domain/accounts/account.ts";
import { type AccountMails, postNotice, postRequestedMail } from "#lib/domain/accounts/account-mails.ts";
import { holdAccountByEmail, holdAccountOfMember } from "#lib/domain/accounts/hold-account.ts";
import { confirmationMail } from "#lib/domain/accounts/register-account.ts";
import type { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { changeMember } from "#lib/domain/members/update-member.ts";
import { runOnce } from "#lib/domain/once.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type ConfirmEmail = { tenant: Tenant; token: string; mails: AccountMails };

/**
 * The address is the account's from now on, and the profile's where it moved. Refuses `invalid_input` for a link that is
 * not good, and where somebody else has the address by now.
 */
export async function confirmEmail(command: ConfirmEmail): Promise<{ emailAddress: string }> {
  const { tenant, token } = command;
  const link = await findLink(tenant.id, hashSecret(token), now());
  if (!link || link.purpose === "reset_password") throw linkInvalid();
  try {
    const { result } = await runOnce(tenant.id, null, (tx) => confirm(tx, command, link));
    deliverSoon();
    return result;
  } catch (error) {
    throw isAlreadyThere(error) ? linkInvalid() : error;
  }
}

async function confirm(
  tx: Tx,
  { tenant, token, mails }: ConfirmEmail,
  { memberId: id, newEmailAddress }: LinkRow,
): Promise<{ emailAddress: string }> {
  const at = now();
  const tenantId = tenant.id;
  const memberId = id as MemberId;
  const isMove = newEmailAddress !== null;
  if (isMove) await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false }); // before the member, as everywhere
  const account = await holdAccountOfMember(tx, tenantId, memberId);
  if (!account || !(await takeLink(tx, tenantId, hashSecret(token), at))) throw linkInvalid();

  const { passwordHash } = account;
  const emailAddress = newEmailAddress ?? account.emailAddress;
  const change = { emailAddress, emailConfirmedAt: at, updatedAt: at };
  await updateAccount(tx, { tenantId, memberId, passwordHash }, change);
  await deleteLinks(tx, tenantId, memberId, ["confirm_email", "change_email"]);
  if (isMove) {
    await deleteLinks(tx, tenantId, memberId, ["reset_password"]); // they went to the address that was
    const profile = { core: { emailAddress }, attributes: {} };
    await changeMember(tx, { tenantId, memberId, change: { profile }, isOwn: false, at });
    const before = { tenant, memberId, emailAddress: account.emailAddress };
    await postNotice(tx, before, mails.emailChanged({ givenName: account.givenName ?? "" }), at);
  }
  return { emailAddress };
}

function linkInvalid(): DomainError {
  return refuseFields({ token: "link_invalid" });
}

/** Sends the confirmation of a new account once more; whether there is one to send, nobody is told. */
export async function resendConfirmation(command: {
  tenant: Tenant;
  emailAddress: string;
  mails: AccountMails;
}): Promise<void> {
  const { tenant, mails } = command;
  const emailAddress = parseAccountEmail(command.emailAddress);
  if (emailAddress === null) throw refuseFields({ emailAddress: "email_invalid" });
  await inTransaction(async (tx) => {
    const account = await holdAccountByEmail(tx, tenant.id, emailAddress);
    if (!account || account.emailConfirmedAt !== null || account.isRestricted) return;
    const recipient = { tenant, memberId: account.memberId as MemberId, emailAddress };
    const at = now();
    const write = () => confirmationMail(tx, recipient, account.givenName ?? "", mails, at);
    await postRequestedMail(tx, recipient, write, at);
  });
  deliverSoon();
}
