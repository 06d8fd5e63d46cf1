import type { Prisma, Tx } from "#lib/db/client.ts";
import { insertMember, isAccountNumberTaken } from "#lib/db/members.ts";
import { invalidInput } from "#lib/domain/errors.ts";
import { type MemberId, newId } from "#lib/domain/ids.ts";
import { drawAccountNumber } from "#lib/domain/members/account-number.ts";
import { type Attributes, attributesPerMemberMax, type CoreProfile } from "#lib/domain/members/profile.ts";

/** Writes a member with a free account number and an empty wallet; what an attribute says that is null, is left out. */
export async function insertNewMember(
  tx: Tx,
  member: {
    tenantId: string;
    /** Null for one who is known by the id that it gets here. */
    authIdentifier: string | null;
    core: Partial<CoreProfile>;
    attributes: Attributes;
    at: Date;
  },
): Promise<MemberId> {
  const { tenantId, authIdentifier, core, attributes, at } = member;
  const id = newId<MemberId>();
  await insertMember(tx, {
    ...{ tenantId, id, authIdentifier: authIdentifier ?? id, createdAt: at, updatedAt: at },
    ...profileColumns(core),
    attributes: mergeAttributes({}, attributes) as Prisma.InputJsonObject,
    accountNumber: await drawFreeAccountNumber(tx, tenantId),
  });
  return id;
}

/** The profile as its columns take it. */
export function profileColumns({ birthdate, ...rest }: Partial<CoreProfile>) {
  if (birthdate === undefined) return rest;
  return { ...rest, birthdate: birthdate === null ? null : new Date(`${birthdate}T00:00:00Z`) };
}

/** Sent ones replace, null removes. Refuses `invalid_input` where there would be too many. */
export function mergeAttributes(before: Attributes, sent: Attributes): Attributes {
  const merged = Object.entries({ ...before, ...sent }).filter(([, value]) => value !== null);
  if (merged.length > attributesPerMemberMax) throw tooManyAttributes();
  return Object.fromEntries(merged);
}

export function tooManyAttributes() {
  return invalidInput({
    profile: `A member has at most ${attributesPerMemberMax} attributes. Remove some: send them as null.`,
  });
}

async function drawFreeAccountNumber(tx: Tx, tenantId: string): Promise<string> {
  for (;;) {
    const accountNumber = drawAccountNumber();
    if (!(await isAccountNumberTaken(tx, tenantId, accountNumber))) return accountNumber;
  }
}
