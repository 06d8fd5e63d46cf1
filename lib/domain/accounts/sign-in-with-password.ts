/**
 * Signing in with a Laurel account.
 *
 * Holds whoever tries:
 *   1. an address without an account takes as long as a wrong password, and is told the same;
 *   2. tries are counted before the password is looked at, by account and by where they come from (`known-address.ts`);
 *   3. who was restricted, or has another password since it was looked at, gets no session;
 *   4. the session that this browser had ends when the new one takes its place.
 */
import { now } from "#lib/config/clock.ts";
import { findAccountByEmail } from "#lib/db/accounts.ts";
import { openAccountSession } from "#lib/db/sessions.ts";
import { parseAccountEmail } from "#lib/domain/accounts/account.ts";
import { isKnownAddress, withKnownAddress } from "#lib/domain/accounts/known-address.ts";
import { memberOf } from "#lib/domain/members/member.ts";
import { verifyPassword } from "#lib/domain/passwords.ts";
import {
  newInteractiveSession,
  type Session,
  type SessionCredential,
  signedInNow,
} from "#lib/domain/sessions/session.ts";
import { SignInFailure } from "#lib/domain/sign-in/sign-in-failure.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

/**
 * Counts a try, and throws where it is one too many. `knownPlace` is where it comes from, if only the account's person can
 * come from there: such tries count by themselves. Null for all others.
 */
export type AdmitTry = (account: string, knownPlace: string | null) => Promise<void>;

export type SignInWithPassword = {
  tenant: Tenant;
  emailAddress: string;
  password: string;
  /** Where the try comes from, as limits count it. */
  address: string;
  admit: AdmitTry;
  /** What the browser sent as cookies. */
  browser: readonly SessionCredential[];
  /** The session to be. */
  credential: SessionCredential;
  deviceName: string | null;
};

/** Throws a SignInFailure. */
export async function signInWithPassword(command: SignInWithPassword): Promise<Session> {
  const { tenant, password, address, admit, browser, credential, deviceName } = command;
  const emailAddress = parseAccountEmail(command.emailAddress);
  const account = emailAddress === null ? null : await findAccountByEmail(tenant.id, emailAddress);
  const isKnown = account !== null && isKnownAddress(account, tenant.id, address);
  await admit(emailAddress ?? "", isKnown ? address : null);

  const isGood = await verifyPassword(account?.passwordHash ?? null, password);
  if (!account || !isGood) throw new SignInFailure("credentials_invalid", "No account, or a wrong password.");
  if (account.isRestricted) throw new SignInFailure("member_restricted", "The member is restricted.");
  if (tenant.emailConfirmation === "required" && account.emailConfirmedAt === null) {
    throw new SignInFailure("email_unconfirmed", "The e-mail address is not confirmed.");
  }

  const at = now();
  const session = newInteractiveSession(tenant, { credential, browser, deviceName, provider: null }, at);
  const { memberId, passwordHash } = account;
  const knownAddresses = withKnownAddress(account, tenant.id, address);
  const row = await openAccountSession({
    account: { tenantId: tenant.id, memberId, passwordHash, knownAddresses },
    ...{ session, at },
  });
  if (!row) throw new SignInFailure("credentials_invalid", "The account changed while it was looked at.");
  return signedInNow(session, memberOf(row), at);
}
