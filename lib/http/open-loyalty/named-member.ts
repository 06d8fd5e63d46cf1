/** Members as Open Loyalty's clients name them. */
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { isUuid, type MemberId } from "#lib/domain/ids.ts";
import { getMember, getMemberIdByName } from "#lib/domain/members/find-members.ts";
import type { Member } from "#lib/domain/members/member.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { Caller } from "#lib/http/open-loyalty/caller.ts";
import type { Call } from "#lib/http/open-loyalty/route.ts";
import type { CustomerData } from "#lib/http/open-loyalty/schemas.ts";

type Name =
  | { emailAddress: string }
  | { telephoneNumber: string }
  | { accountNumber: string }
  | { memberId: MemberId };

/**
 * The member that `{member}` in the path names: an id, `email=…`, `phone=…` or `loyaltyCardNumber=…`. Refuses
 * `member_not_found` where these name nobody or several, and `forbidden` to a member for everybody else: whether there is
 * such a person, they are not told.
 */
export async function memberInPath({ tenant, caller, path }: Call): Promise<MemberId> {
  const name = nameIn(path.member ?? "");
  if (caller.kind === "member" && !(await isOwnName(tenant, caller, name)))
    throw new DomainError("forbidden");
  if (!name) throw new DomainError("member_not_found");
  return memberNamed(tenant, name);
}

/** The one member that a body names. Refuses `invalid_input` for nobody, for several, and for names of two. */
export async function memberInBody(
  tenant: Tenant,
  path: string,
  { customerId, email, phone, loyaltyCardNumber }: CustomerData,
): Promise<MemberId> {
  const names: Name[] = [
    ...(customerId === undefined ? [] : [{ memberId: customerId as MemberId }]),
    ...(email === undefined ? [] : [{ emailAddress: email }]),
    ...(phone === undefined ? [] : [{ telephoneNumber: phone }]),
    ...(loyaltyCardNumber === undefined ? [] : [{ accountNumber: loyaltyCardNumber }]),
  ];
  try {
    const ids = await Promise.all(names.map((name) => memberNamed(tenant, name)));
    const [id, another] = new Set(ids);
    if (id !== undefined && another === undefined) return id;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "member_not_found") throw error;
  }
  throw invalidInput({ [path]: "This value names no member, or several." });
}

/** Refuses `member_not_found`, also where there are several. */
async function memberNamed(tenant: Tenant, name: Name): Promise<MemberId> {
  if (!("memberId" in name)) return getMemberIdByName(tenant.id, name);
  return (await getMember(tenant.id, name.memberId)).id;
}

function nameIn(text: string): Name | null {
  if (isUuid(text)) return { memberId: text.toLowerCase() as MemberId };
  const [, by, value = ""] = /^(email|phone|loyaltyCardNumber)=(.+)$/.exec(text) ?? [];
  if (by === "email") return { emailAddress: value };
  if (by === "phone") return { telephoneNumber: value };
  return by === "loyaltyCardNumber" ? { accountNumber: value } : null;
}

async function isOwnName(
  tenant: Tenant,
  caller: Extract<Caller, { kind: "member" }>,
  name: Name | null,
): Promise<boolean> {
  if (name && "memberId" in name) return name.memberId === caller.memberId;
  return name !== null && isNameOf(await getMember(tenant.id, caller.memberId), name);
}

function isNameOf({ profile, accountNumber }: Member, name: Exclude<Name, { memberId: MemberId }>): boolean {
  if ("emailAddress" in name) {
    return profile.emailAddress.toLowerCase() === name.emailAddress.toLowerCase();
  }
  if ("telephoneNumber" in name) return profile.telephoneNumber === name.telephoneNumber;
  return accountNumber === name.accountNumber;
}
