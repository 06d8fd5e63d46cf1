/**
 * Signing in somebody whom another system vouches for (a host's server, or an identity provider): the member is made or
 * updated, and gets a session.
 *
 * Holds under any retry or race:
 *   1. one identifier is one member, however many calls make it at once, and each call gets a session of its own;
 *   2. what was not sent stays as it was; an e-mail address is never an identity;
 *   3. a restricted member gets no session, and nothing of it changes.
 *
 * Making a member is the event REGISTERED_ACCOUNT, changing its profile is PROFILE_UPDATED; what rules give for them is
 * there with them.
 */
import { type HeldUpsert, type MemberUpsert, upsertMemberRow } from "#lib/db/member-upsert.ts";
import { findMemberByAuthIdentifier, type MemberRow } from "#lib/db/members.ts";
import type { NewSession } from "#lib/db/sessions.ts";
import { isPointsOutOfRange } from "#lib/db/transaction.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { newId } from "#lib/domain/ids.ts";
import { drawAccountNumber } from "#lib/domain/members/account-number.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { tooManyAttributes } from "#lib/domain/members/new-member.ts";
import { attributesPerMemberMax, emptyProfile, type NewProfile } from "#lib/domain/members/profile.ts";
import { candidatesOf, evaluateRules, type MemberFacts } from "#lib/domain/rules/evaluate-rules.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type SignInVouchedMember = {
  tenant: Tenant;
  authIdentifier: string;
  profile: NewProfile;
  session: NewSession;
  /** The secret that a host's server came with. */
  clientSecretId: string | null;
  at: Date;
};

// Drawn at random so that a number says nothing of a programme's size; the first that is free is taken.
const accountNumbersDrawn = 12;

/**
 * One round trip to the database where nothing is refused, and two where a rule gives something for it. Refuses
 * `member_restricted` and `invalid_input`.
 */
export async function signInVouchedMember(command: SignInVouchedMember): Promise<Member> {
  const { tenant, authIdentifier, profile, session, clientSecretId, at } = command;
  const { set, removed } = splitAttributes(profile.attributes);
  if (Object.keys(set).length > attributesPerMemberMax) throw tooManyAttributes();

  const upsert: Omit<MemberUpsert, "gives"> = {
    tenantId: tenant.id,
    authIdentifier,
    profile: profile.core,
    attributes: set,
    removedAttributes: removed,
    attributesMax: attributesPerMemberMax,
    newMemberId: newId(),
    drawAccountNumbers: () => Array.from({ length: accountNumbersDrawn }, drawAccountNumber),
    eventId: newId(),
    ...{ session, clientSecretId, at },
  };
  let row = await upsertMemberRow({ ...upsert, gives: tenant.hasProfileRules ? "hold" : "nothing" });
  if (row && "held" in row) row = await upsertGiving(upsert, row.held, profile, at);
  if (row) return memberOf(row);

  const member = await findMemberByAuthIdentifier(tenant.id, authIdentifier);
  if (member?.isRestricted) throw new DomainError("member_restricted");
  throw tooManyAttributes();
}

async function upsertGiving(
  upsert: Omit<MemberUpsert, "gives">,
  { before, rules }: HeldUpsert,
  profile: NewProfile,
  at: Date,
): Promise<MemberRow | null> {
  const member = mergedFacts(upsert.authIdentifier, before && memberOf(before), profile);
  const candidatesFor = (type: keyof HeldUpsert["rules"]) =>
    candidatesOf(evaluateRules(rules[type], { payload: {}, occurredAt: at }, member));
  const gives = {
    REGISTERED_ACCOUNT: candidatesFor("REGISTERED_ACCOUNT"),
    PROFILE_UPDATED: candidatesFor("PROFILE_UPDATED"),
  };
  try {
    return (await upsertMemberRow({ ...upsert, gives })) as MemberRow | null;
  } catch (error) {
    if (!isPointsOutOfRange(error)) throw error;
    return (await upsertMemberRow({ ...upsert, gives: "nothing" })) as MemberRow | null; // nobody is kept out by it
  }
}

/** The member as it will be: what the host sends over what is there. */
function mergedFacts(authIdentifier: string, before: Member | null, profile: NewProfile): MemberFacts {
  const attributes = { ...before?.attributes, ...profile.attributes };
  const core = { ...emptyProfile, ...before?.profile, ...profile.core };
  return {
    authIdentifier,
    accountNumber: before?.accountNumber ?? "",
    flags: { ...before?.flags, genderProvided: core.gender !== null },
    profile: core,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)),
  };
}

function splitAttributes(attributes: NewProfile["attributes"]) {
  const entries = Object.entries(attributes);
  return {
    set: Object.fromEntries(entries.filter(([, value]) => value !== null)),
    removed: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
  };
}
