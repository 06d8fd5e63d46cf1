/** The part of a programme file that names people: members, their opening points, their Laurel accounts. */
import type { Prisma } from "#lib/db/client.ts";
import {
  findAccount,
  findMember,
  insertAccount,
  insertMember,
  isAccountNumberTaken,
  updateMember,
} from "#lib/db/programme.ts";
import { type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { drawAccountNumber } from "#lib/domain/members/account-number.ts";
import { attributesPerMemberMax } from "#lib/domain/members/profile.ts";
import { mandatoryProfileFields, optionalProfileFields } from "#lib/domain/members/profile-input.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { type Applying, mistake } from "#lib/domain/programme/applying.ts";
import { present } from "#lib/domain/programme/present.ts";
import type { MemberInFile, TenantInFile } from "#lib/domain/programme/programme-file.ts";

const coreFields = Object.keys({ ...mandatoryProfileFields, ...optionalProfileFields });

/** Members made here raise no REGISTERED_ACCOUNT: they were there before the programme was. */
export async function applyMembers(applying: Applying, tenant: TenantInFile): Promise<void> {
  for (const [index, member] of (tenant.members ?? []).entries()) {
    await applyMember(applying, member, `${applying.path}.members[${index}]`);
  }
}

async function applyMember(applying: Applying, member: MemberInFile, path: string): Promise<void> {
  const { tx, at, tenantId } = applying;
  const { authIdentifier, points, password } = member;
  const { core, attributes } = splitProfile(member.profile);

  const found = await findMember(tx, tenantId, authIdentifier);
  const memberId = found?.id ?? newId<MemberId>();
  const merged = mergeAttributes((found?.attributes ?? {}) as Record<string, unknown>, attributes);
  if (Object.keys(merged).length > attributesPerMemberMax) {
    throw mistake(`${path}.profile`, `A member has at most ${attributesPerMemberMax} attributes.`);
  }

  const profile = { ...core, attributes: merged as Prisma.InputJsonObject, updatedAt: at };
  if (found) {
    await updateMember(tx, tenantId, memberId, profile);
    return; // points and a password apply when the member is made, not again
  }

  const accountNumber = await drawFreeAccountNumber(applying);
  await insertMember(tx, {
    ...profile,
    tenantId,
    id: memberId,
    authIdentifier,
    accountNumber,
    createdAt: at,
  });
  if (points) {
    await postPoints(tx, {
      tenantId: tenantId as TenantId,
      memberId: memberId as MemberId,
      kind: "OPENING",
      points,
      at,
    });
  }
  if (password) {
    const { emailAddress } = member.profile;
    const account = await findAccount(tx, tenantId, emailAddress);
    if (account) throw mistake(`${path}.password`, `Another member has an account with ${emailAddress}.`);
    const passwordHash = await hashPassword(password);
    await insertAccount(tx, { tenantId, memberId, emailAddress, passwordHash, at });
  }
}

function splitProfile(profile: MemberInFile["profile"]) {
  const { birthdate, ...rest } = profile;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    core: {
      ...Object.fromEntries(entries.filter(([key]) => coreFields.includes(key))),
      ...present({ birthdate: birthdate ? new Date(`${birthdate}T00:00:00Z`) : birthdate }),
    },
    attributes: Object.fromEntries(entries.filter(([key]) => !coreFields.includes(key))),
  };
}

/** An attribute that is null is removed. */
function mergeAttributes(before: Record<string, unknown>, sent: Record<string, unknown>) {
  const merged = { ...before, ...sent };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

async function drawFreeAccountNumber({ tx, tenantId }: Applying): Promise<string> {
  for (;;) {
    const accountNumber = drawAccountNumber();
    if (!(await isAccountNumberTaken(tx, tenantId, accountNumber))) return accountNumber;
  }
}
