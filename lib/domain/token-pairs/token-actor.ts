/**
 * Who comes with a token of Laurel's own: a member or an admin. The token names the row, and the row decides at every call:
 * whoever is restricted, disabled or gone, or has another password or role since the token was signed, is nobody.
 */
import { createHmac, hkdfSync } from "node:crypto";

import { env } from "#lib/config/env.ts";
import { type AccountRow, findAccountOfMember } from "#lib/db/accounts.ts";
import { type AdminRow, findAdmin } from "#lib/db/admins.ts";
import { isUuid, type MemberId, type TenantId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { Faulty, type JsonObject } from "#lib/domain/tokens/compact-jws.ts";
import { type OwnTokenFaultCode, readOwnToken, signOwnToken } from "#lib/domain/tokens/own-token.ts";

const accessTokenSeconds = 86_400;

const adminRoles = ["OWNER", "EDITOR", "VIEWER", "TILL"] as const;
export type AdminRole = (typeof adminRoles)[number];

export type MemberActor = { kind: "member"; memberId: MemberId; username: string; stamp: string };
export type AdminActor = {
  kind: "admin";
  adminId: string;
  username: string;
  stamp: string;
  isDeploymentOwner: boolean;
  roles: readonly { tenantId: string; role: string }[];
};
export type TokenActor = MemberActor | AdminActor;

/** Null for who may not sign in: restricted, or with an address that has yet to be confirmed. */
export function memberActorOf(
  account: AccountRow | null,
  { id, emailConfirmation }: Pick<Tenant, "id" | "emailConfirmation">,
): MemberActor | null {
  if (!account || account.isRestricted) return null;
  if (emailConfirmation === "required" && account.emailConfirmedAt === null) return null;
  const { memberId, emailAddress, passwordHash } = account;
  const stamp = stampOf(["member", id, memberId, passwordHash]);
  return { kind: "member", memberId: memberId as MemberId, username: emailAddress, stamp };
}

export function adminActorOf(row: AdminRow | null): AdminActor | null {
  if (!row || row.disabledAt !== null) return null;
  const { id, email, passwordHash, isDeploymentOwner, roles } = row;
  const stamp = stampOf([
    "admin",
    id,
    passwordHash,
    isDeploymentOwner,
    roles.map(({ tenantId, role }) => [tenantId, role]),
  ]);
  return { kind: "admin", adminId: id, username: email, stamp, isDeploymentOwner, roles };
}

/** What an admin may do in a programme; null for nothing. */
export function roleIn({ isDeploymentOwner, roles }: AdminActor, tenantId: TenantId): AdminRole | null {
  if (isDeploymentOwner) return "OWNER";
  const role = roles.find((each) => each.tenantId === tenantId)?.role;
  return adminRoles.find((known) => known === role) ?? null;
}

/** A token of a day. `storeCode` is the programme's for a member, and null for an admin, who may have several. */
export function signAccessToken(actor: TokenActor, storeCode: string | null): Promise<string> {
  const { kind, username, stamp } = actor;
  const claims =
    kind === "member"
      ? { id: actor.memberId, username, roles: ["ROLE_PARTICIPANT"], storeCode, stamp }
      : { id: actor.adminId, username, roles: ["ROLE_ADMIN"], stamp };
  return signOwnToken(kind, claims, accessTokenSeconds);
}

/** The member of this programme whose token it is. Throws Faulty with an OwnTokenFaultCode. */
export async function readMemberToken(tenant: Tenant, token: string): Promise<MemberActor> {
  const claims = await readOwnToken("member", token);
  const isHere = claims.storeCode === tenant.code && isUuid(String(claims.id));
  const account = isHere ? await findAccountOfMember(tenant.id, String(claims.id)) : null;
  return requireSame(memberActorOf(account, tenant), claims);
}

/** The admin whose token it is. Throws Faulty with an OwnTokenFaultCode. */
export async function readAdminToken(token: string): Promise<AdminActor> {
  const claims = await readOwnToken("admin", token);
  const row = isUuid(String(claims.id)) ? await findAdmin(String(claims.id)) : null;
  return requireSame(adminActorOf(row), claims);
}

function requireSame<Actor extends TokenActor>(actor: Actor | null, { stamp }: JsonObject): Actor {
  if (actor && actor.stamp === stamp) return actor;
  throw new Faulty<OwnTokenFaultCode>(
    "actor_changed",
    "Whom it names is gone, or has another password or role by now.",
  );
}

/** A trace of what a token depends on, that says nothing of it. The oldest of LAUREL_SECRET, so that rotating it ends no token. */
function stampOf(parts: readonly unknown[]): string {
  const secret = env().LAUREL_SECRET.at(-1) ?? "";
  const key = Buffer.from(hkdfSync("sha256", secret, "", "laurel token stamps", 32));
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}
