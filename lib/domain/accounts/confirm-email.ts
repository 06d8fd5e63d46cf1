/**
 * Confirming an e-mail address by the link in a mail: that of a new account, or one that an account moves to.
 *
 * Holds whoever opens the link:
 *   1. it says that somebody reads the address's mail, not that they asked for the account behind it, or know its password;
 *      so it counts only with a proof of that: the browser that signed up last, or that is signed in to the account that
 *      moves, or else the account's password;
 *   2. it works once, and one that was not proven stays good;
 *   3. an account that took the address without confirming it is in nobody's way: it goes.
 */
import { now } from "#lib/config/clock.ts";
import {
  type AccountRow,
  deleteLinks,
  findAccountByEmail,
  findAccountOfMember,
  findLink,
  type LinkRow,
  takeLink,
  updateAccount,
} from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { inTransaction, isAlreadyThere } from "#lib/db/transaction.ts";
import { parseAccountEmail, refuseFields } from "#lib/domain/accounts/account.ts";
import { type AccountMails, greetingOf, postNotice } from "#lib/domain/accounts/account-mails.ts";
import { eraseUnconfirmed } from "#lib/domain/accounts/erase-unconfirmed.ts";
import { holdAccountByEmail, holdAccountOfMember } from "#lib/domain/accounts/hold-account.ts";
import { withKnownAddress } from "#lib/domain/accounts/known-address.ts";
import { isTaken, postConfirmation } from "#lib/domain/accounts/register-account.ts";
import type { AdmitTry } from "#lib/domain/accounts/sign-in-with-password.ts";
import type { DomainError } from "#lib/domain/errors.ts";
import type { MemberId } from "#lib/domain/ids.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { changeMember } from "#lib/domain/members/update-member.ts";
import { runOnce } from "#lib/domain/once.ts";
import { verifyPassword } from "#lib/domain/passwords.ts";
import { hashSecret, matchesHash } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/** A link, and what the browser that opens it brings along. */
type OpenedLink = {
  tenant: Tenant;
  token: string;
  /** What the browser was given when it signed up. */
  signUpSecret: string | null;
  /** Who is signed in in it. */
  signedInId: MemberId | null;
};

export type ConfirmEmail = OpenedLink & {
  /** Null where the browser is to be proof enough. */
  password: string | null;
  /** Where the link is opened, as limits count it. */
  address: string;
  admit: AdmitTry;
  mails: AccountMails;
};

/** What a link would confirm, for the page that it opens; null where it is not good. */
export async function lookAtConfirmation(
  opened: OpenedLink,
): Promise<{ emailAddress: string; isProven: boolean } | null> {
  const found = await find(opened);
  if (!found) return null;
  const { link, account } = found;
  return { emailAddress: addressAfter(link, account), isProven: isProvenByBrowser(opened, link, account) };
}

/** Whether a link still works. */
export async function isConfirmationGood(tenant: Tenant, token: string): Promise<boolean> {
  return (await find({ tenant, token })) !== null;
}

/**
 * The address is the account's from now on, and the profile's where it moved. Refuses `invalid_input` for a link that is
 * not good, for a password that is not the account's, and where somebody else has the address by now; and what `admit` throws.
 */
export async function confirmEmail(command: ConfirmEmail): Promise<{ emailAddress: string }> {
  const { tenant, token, password, admit } = command;
  const found = await find(command);
  if (!found) throw linkInvalid();
  const { link, account } = found;
  if (!isProvenByBrowser(command, link, account)) {
    if (password === null) {
      // The same browser may have used the link between the two looks, and with it its own proof.
      throw (await find(command)) ? refuseFields({ password: "password_wrong" }) : linkInvalid();
    }
    await admit(account.emailAddress, `link ${hashSecret(token)}`);
    if (!(await verifyPassword(account.passwordHash, password))) {
      throw refuseFields({ password: "password_wrong" });
    }
  }

  const { newEmailAddress } = link;
  const inTheWay = newEmailAddress && (await findAccountByEmail(tenant.id, newEmailAddress));
  if (inTheWay && !isTaken(inTheWay, tenant)) {
    await eraseUnconfirmed(tenant.id, inTheWay.memberId as MemberId);
  }
  try {
    const { result } = await runOnce(tenant.id, null, (tx) => confirm(tx, { ...command, link, account }));
    deliverSoon();
    return result;
  } catch (error) {
    throw isAlreadyThere(error) ? linkInvalid() : error;
  }
}

async function find({
  tenant,
  token,
}: Pick<OpenedLink, "tenant" | "token">): Promise<{ link: LinkRow; account: AccountRow } | null> {
  const link = await findLink(tenant.id, hashSecret(token), now());
  if (!link || link.purpose === "reset_password") return null;
  const account = await findAccountOfMember(tenant.id, link.memberId);
  return account && { link, account };
}

function isProvenByBrowser(
  { signUpSecret, signedInId }: OpenedLink,
  { purpose, memberId }: LinkRow,
  { signUpHash }: AccountRow,
): boolean {
  if (purpose === "change_email") return signedInId === memberId;
  return signUpSecret !== null && signUpHash !== null && matchesHash(signUpSecret, signUpHash);
}

function addressAfter({ newEmailAddress }: LinkRow, { emailAddress }: AccountRow): string {
  return newEmailAddress ?? emailAddress;
}

async function confirm(
  tx: Tx,
  command: ConfirmEmail & { link: LinkRow; account: AccountRow },
): Promise<{ emailAddress: string }> {
  const { tenant, token, link, account: proven, address, mails } = command;
  const at = now();
  const tenantId = tenant.id;
  const memberId = link.memberId as MemberId;
  const isMove = link.newEmailAddress !== null;
  if (isMove) await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false }); // before the member, as everywhere
  const account = await holdAccountOfMember(tx, tenantId, memberId);
  // Who signed up, or set a password, since the proof was looked at, has another account to confirm.
  const isAsProven =
    account?.passwordHash === proven.passwordHash && account.signUpHash === proven.signUpHash;
  if (!isAsProven || !(await takeLink(tx, tenantId, hashSecret(token), at))) throw linkInvalid();

  const { passwordHash } = account;
  const emailAddress = addressAfter(link, account);
  const knownAddresses = withKnownAddress(account, tenantId, address);
  const change = { emailAddress, emailConfirmedAt: at, signUpHash: null, knownAddresses, updatedAt: at };
  await updateAccount(tx, { tenantId, memberId, passwordHash }, change);
  await deleteLinks(tx, tenantId, memberId, ["confirm_email", "change_email"]);
  if (isMove) {
    await deleteLinks(tx, tenantId, memberId, ["reset_password"]); // they went to the address that was
    const profile = { core: { emailAddress }, attributes: {} };
    await changeMember(tx, { tenantId, memberId, change: { profile }, isOwn: false, at });
    const before = { tenant, memberId, emailAddress: account.emailAddress };
    await postNotice(tx, before, mails.emailChanged(greetingOf(account)), at);
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
    await postConfirmation(tx, recipient, mails, now());
  });
  deliverSoon();
}
