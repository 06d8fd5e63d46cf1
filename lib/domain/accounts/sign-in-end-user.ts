/**
 * End users signing in and signing up at the door of a company's app.
 *
 * Holds whoever tries:
 *   1. an address without an account takes as long as a wrong password, and is told the same;
 *   2. five failures in a row for one address from one place lock that pair at this door for half an hour, account or not; of
 *      guesses at once five are looked at;
 *   3. signing up is for an address that nobody has signed up with: who signs up gets a session at once, which an earlier
 *      sign-up must not be shared by.
 */
import { now } from "#lib/config/clock.ts";
import { type AccountRow, findAccountByEmail, findAccountOfMember } from "#lib/db/accounts.ts";
import type { Tx } from "#lib/db/client.ts";
import { inTransaction, retryingAlreadyThere } from "#lib/db/transaction.ts";
import { parseAccountEmail } from "#lib/domain/accounts/account.ts";
import { type CheckedRegistration, makeAccount } from "#lib/domain/accounts/register-account.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { limiterOf } from "#lib/domain/limits/limiter.ts";
import { deliverSoon } from "#lib/domain/mail/deliver-mails.ts";
import { sayingWhy } from "#lib/domain/once.ts";
import { hashPassword, verifyPassword } from "#lib/domain/passwords.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import { openEndUserSession } from "#lib/domain/sessions/end-user-session.ts";
import type { Session } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { memberActorOf } from "#lib/domain/token-pairs/token-actor.ts";

export type SignedInEndUser = { token: string; session: Session };

const failuresMax = 5;
const lockedSeconds = 1_800;

/** Refuses `credentials_invalid` and `credentials_locked`. `address`: where the try comes from, as limits count it. */
export async function signInEndUser(command: {
  tenant: Tenant;
  emailAddress: string;
  password: string;
  address: string;
}): Promise<SignedInEndUser> {
  const { tenant, password, address } = command;
  const emailAddress = parseAccountEmail(command.emailAddress);
  const pair = hashSecret(JSON.stringify([tenant.id, emailAddress ?? command.emailAddress, address]));
  const limit = { name: "end-user-failures", count: failuresMax, windowSeconds: lockedSeconds };
  const failures = limiterOf(limit);
  const counted = await consume(failures, pair);

  const account = emailAddress === null ? null : await findAccountByEmail(tenant.id, emailAddress);
  const isGood = await verifyPassword(account?.passwordHash ?? null, password);
  if (!account || !isGood || !memberActorOf(account, tenant)) {
    if (counted >= failuresMax) await failures.block(pair, lockedSeconds); // from the last failure on
    throw new DomainError("credentials_invalid");
  }
  await failures.delete(pair);
  return openEndUserSession(tenant, account);
}

/** How many tries there are now, this one included. Refuses `credentials_locked` for one too many. */
async function consume(failures: ReturnType<typeof limiterOf>, pair: string): Promise<number> {
  try {
    return (await failures.consume(pair)).consumedPoints;
  } catch (rejection) {
    if (rejection instanceof Error) throw rejection; // the limiter itself failed
    throw new DomainError("credentials_locked");
  }
}

/** Refuses `account_exists`. */
export async function signUpEndUser(registration: CheckedRegistration): Promise<SignedInEndUser> {
  const { tenant, accountEmail: emailAddress, signUpSecret } = registration;
  const signUpHash = hashSecret(signUpSecret);
  const account = { emailAddress, passwordHash: await hashPassword(registration.password), signUpHash };
  const made = await retryingAlreadyThere(() =>
    sayingWhy(() => inTransaction((tx) => make(tx, registration, account))),
  );
  if (!made) throw new Error("An account that was just made is not there.");
  deliverSoon();
  return openEndUserSession(tenant, made);
}

async function make(
  tx: Tx,
  registration: CheckedRegistration,
  account: { emailAddress: string; passwordHash: string; signUpHash: string },
): Promise<AccountRow | null> {
  const { id: tenantId } = registration.tenant;
  if (await findAccountByEmail(tenantId, account.emailAddress, tx)) throw new DomainError("account_exists");
  const memberId = await makeAccount(tx, registration, account, now());
  return findAccountOfMember(tenantId, memberId, tx);
}
