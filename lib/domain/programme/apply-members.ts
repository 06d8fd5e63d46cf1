/** The part of a programme file that names people: members, their opening points, their Laurel accounts. */

import { findAccountByEmail, insertAccount } from "#lib/db/accounts.ts";
import type { Prisma } from "#lib/db/client.ts";
import { updateMemberRow } from "#lib/db/members.ts";
import { findMember } from "#lib/db/programme.ts";
import { accountEmailOf } from "#lib/domain/accounts/account.ts";
import { DomainError } from "#lib/domain/errors.ts";
import type { TenantId } from "#lib/domain/ids.ts";
import { postPoints } from "#lib/domain/ledger/post-points.ts";
import { insertNewMember, mergeAttributes, profileColumns } from "#lib/domain/members/new-member.ts";
import { type Attributes, attributesPerMemberMax, type CoreProfile } from "#lib/domain/members/profile.ts";
import { mandatoryProfileFields, optionalProfileFields } from "#lib/domain/members/profile-input.ts";
import { hashPassword } from "#lib/domain/passwords.ts";
import { type Applying, mistake } from "#lib/domain/programme/applying.ts";
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
  if (found) {
    const merged = attributesOf(path, (found.attributes ?? {}) as Attributes, attributes);
    const columns = { ...profileColumns(core), attributes: merged as Prisma.InputJsonObject, updatedAt: at };
    await updateMemberRow(tx, tenantId, found.id, columns);
    return; // points and a password apply when the member is made, not again
  }

  const sent = attributesOf(path, {}, attributes);
  const memberId = await insertNewMember(tx, { tenantId, authIdentifier, core, attributes: sent, at });
  if (points) {
    await postPoints(tx, {
      tenantId: tenantId as TenantId,
      memberId,
      kind: "OPENING",
      points,
      at,
    });
  }
  if (password) {
    const emailAddress = accountEmailOf(member.profile.emailAddress);
    const account = await findAccountByEmail(tenantId, emailAddress, tx);
    if (account) throw mistake(`${path}.password`, `Another member has an account with ${emailAddress}.`);
    const passwordHash = await hashPassword(password);
    await insertAccount(tx, {
      tenantId,
      memberId,
      emailAddress,
      passwordHash,
      emailConfirmedAt: at,
      signUpHash: null,
      at,
    });
  }
}

function splitProfile(profile: MemberInFile["profile"]) {
  const entries = Object.entries(profile).filter(([, value]) => value !== undefined);
  return {
    core: Object.fromEntries(entries.filter(([key]) => coreFields.includes(key))) as Partial<CoreProfile>,
    attributes: Object.fromEntries(entries.filter(([key]) => !coreFields.includes(key))),
  };
}

/** The refusal as a mistake in the file, told with its path. */
function attributesOf(path: string, before: Attributes, sent: Attributes): Attributes {
  try {
    return mergeAttributes(before, sent);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw mistake(`${path}.profile`, `A member has at most ${attributesPerMemberMax} attributes.`);
  }
}
