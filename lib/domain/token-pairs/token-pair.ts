/**
 * Pairs of an access token of a day and a refresh token, as clients of Open Loyalty hold them.
 *
 * Holds under any retry or race:
 *   1. a refresh token works once, for 30 days; of any number of uses at once one gets the next pair;
 *   2. one that comes again ends its whole family, new ones included, unless it is within 10 seconds of its use, when it was
 *      a client's double click: then it is only refused;
 *   3. a family ends 90 days after its login, and when its person's sessions are ended everywhere;
 *   4. whatever dies in the middle, either the old token is good or the new one;
 *   5. who was restricted, or has another password since it was looked at, gets no pair: the tokens of before have ended by
 *      then, and one that came later would live on.
 */
import { randomBytes } from "node:crypto";

import { addSeconds, now } from "#lib/config/clock.ts";
import {
  type AccountRow,
  findAccountByAccountNumber,
  findAccountByEmail,
  findAccountOfMember,
} from "#lib/db/accounts.ts";
import { findAdmin, findAdminByEmail } from "#lib/db/admins.ts";
import {
  deleteOldRefreshTokens,
  endRefreshFamily,
  endRefreshTokensOf,
  findRefreshToken,
  insertRefreshToken,
  type NewRefreshToken,
  type RefreshTokenRow,
  succeedRefreshToken,
  type TokenOwner,
} from "#lib/db/refresh-tokens.ts";
import { parseAccountEmail } from "#lib/domain/accounts/account.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { newId } from "#lib/domain/ids.ts";
import { verifyPassword } from "#lib/domain/passwords.ts";
import { hashSecret } from "#lib/domain/secrets.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import {
  adminActorOf,
  memberActorOf,
  signAccessToken,
  type TokenActor,
} from "#lib/domain/token-pairs/token-actor.ts";

export type TokenPair = { accessToken: string; refreshToken: string };

/** Where members of a programme, or admins, get their tokens. */
export type TokenDoor = { kind: "member"; tenant: Tenant } | { kind: "admin" };

/** Counts a try of somebody, by a name that is that person's alone, and throws where it is one too many. */
export type AdmitActor = (actor: string) => Promise<void>;

const refreshSeconds = 30 * 86_400;
const familySeconds = 90 * 86_400;
const doubleClickSeconds = 10;
const refreshTokenForm = /^[0-9a-f]{128}$/;
const cardNumberForm = /^\d{7}$/;

/**
 * Refuses `credentials_invalid` for a wrong password and for who may not sign in, after the same time and in the same words;
 * and what `admit` throws, which is asked before the password is looked at.
 */
export async function signInForTokens(command: {
  door: TokenDoor;
  username: string;
  password: string;
  admit: AdmitActor;
}): Promise<TokenPair> {
  const { door, username, password, admit } = command;
  const found = await findByUsername(door, username);
  await admit(found?.id ?? `unknown ${username.trim().toLowerCase()}`);
  const isGood = await verifyPassword(found?.passwordHash ?? null, password);
  if (!found?.actor || !isGood) throw new DomainError("credentials_invalid");

  const at = now();
  const familyEndsAt = addSeconds(at, familySeconds);
  const { refreshToken, row } = newRefreshToken({ familyId: newId(), familyEndsAt }, at);
  const isSame = await insertRefreshToken(row, ownerOf(door, found.actor), found.passwordHash);
  if (!isSame) throw new DomainError("credentials_invalid"); // restricted, or with another password since
  return { accessToken: await accessTokenFor(door, found.actor), refreshToken };
}

/**
 * The next pair for a refresh token of this door. Refuses `refresh_token_unknown` (also one that was used), and
 * `refresh_token_expired`; and what `admit` throws.
 */
export async function refreshTokens(command: {
  door: TokenDoor;
  refreshToken: string;
  admit: AdmitActor;
}): Promise<TokenPair> {
  const { door, refreshToken: presented, admit } = command;
  const used = refreshTokenForm.test(presented) ? await findRefreshToken(hashSecret(presented)) : null;
  if (!used || !isOfDoor(used, door)) throw new DomainError("refresh_token_unknown");
  await admit(used.memberId ?? used.adminId ?? "");

  const at = now();
  if (used.usedAt !== null) throw await refuseReuse(used, at);
  if (used.expiresAt <= at) throw new DomainError("refresh_token_expired");
  const actor = await findActor(door, used);
  if (!actor) throw new DomainError("refresh_token_unknown");
  const accessToken = await accessTokenFor(door, actor);
  const { refreshToken, row } = newRefreshToken(used, at);
  if (await succeedRefreshToken(used, row, at)) return { accessToken, refreshToken };
  throw new DomainError("refresh_token_unknown"); // somebody else was faster
}

/** Ends every refresh token of somebody. */
export function revokeTokens(door: TokenDoor, actor: TokenActor): Promise<void> {
  return endRefreshTokensOf(null, ownerOf(door, actor));
}

async function refuseReuse({ familyId, usedAt }: RefreshTokenRow, at: Date): Promise<DomainError> {
  const isDoubleClick = usedAt !== null && at < addSeconds(usedAt, doubleClickSeconds);
  if (!isDoubleClick) await endRefreshFamily(familyId);
  return new DomainError("refresh_token_unknown");
}

/** Somebody with this name at this door, who may not be allowed in (`actor` is null). */
async function findByUsername(
  door: TokenDoor,
  username: string,
): Promise<{ id: string; passwordHash: string; actor: TokenActor | null } | null> {
  if (door.kind === "admin") {
    const email = parseAccountEmail(username);
    const row = email === null ? null : await findAdminByEmail(email);
    return row && { id: row.id, passwordHash: row.passwordHash, actor: adminActorOf(row) };
  }
  const { tenant } = door;
  const account = await findAccount(tenant, username);
  return (
    account && {
      id: account.memberId,
      passwordHash: account.passwordHash,
      actor: memberActorOf(account, tenant),
    }
  );
}

/** By its e-mail address, or by the number on its member's card. */
async function findAccount({ id }: Tenant, username: string): Promise<AccountRow | null> {
  const emailAddress = parseAccountEmail(username);
  if (emailAddress !== null) return findAccountByEmail(id, emailAddress);
  return cardNumberForm.test(username) ? findAccountByAccountNumber(id, username) : null;
}

async function findActor(
  door: TokenDoor,
  { memberId, adminId }: RefreshTokenRow,
): Promise<TokenActor | null> {
  if (door.kind === "admin") return adminActorOf(adminId === null ? null : await findAdmin(adminId));
  const account = memberId === null ? null : await findAccountOfMember(door.tenant.id, memberId);
  return memberActorOf(account, door.tenant);
}

function isOfDoor({ tenantId, adminId }: RefreshTokenRow, door: TokenDoor): boolean {
  return door.kind === "admin" ? adminId !== null : tenantId === door.tenant.id;
}

function ownerOf(door: TokenDoor, actor: TokenActor): TokenOwner {
  if (actor.kind === "admin") return { adminId: actor.adminId };
  if (door.kind === "admin") throw new Error("A member has no tokens at the admins' door.");
  return { tenantId: door.tenant.id, memberId: actor.memberId };
}

function accessTokenFor(door: TokenDoor, actor: TokenActor): Promise<string> {
  return signAccessToken(actor, door.kind === "member" ? door.tenant.code : null);
}

function newRefreshToken(
  { familyId, familyEndsAt }: { familyId: string; familyEndsAt: Date },
  at: Date,
): { refreshToken: string; row: NewRefreshToken } {
  const refreshToken = randomBytes(64).toString("hex");
  const fullEnd = addSeconds(at, refreshSeconds);
  const expiresAt = fullEnd < familyEndsAt ? fullEnd : familyEndsAt;
  return {
    refreshToken,
    row: {
      id: newId(),
      tokenHash: hashSecret(refreshToken),
      familyId,
      familyEndsAt,
      createdAt: at,
      expiresAt,
    },
  };
}

// For a week an expired token is told that it has expired, and not that it was never there.
const keptSeconds = 7 * 86_400;
const rowsPerStatement = 2_000; // so that the embedded database is never busy for long

/** Deletes refresh tokens that expired a week ago; how many there were. */
export async function sweepRefreshTokens(): Promise<number> {
  const endedBefore = addSeconds(now(), -keptSeconds);
  let swept = 0;
  for (;;) {
    const deleted = await deleteOldRefreshTokens(endedBefore, rowsPerStatement);
    swept += deleted;
    if (deleted < rowsPerStatement) return swept;
  }
}
