/**
 * Embedded sign-in: a host's server names its customer, and gets a session for the member.
 *
 * Holds under any retry or race:
 *   1. one identifier is one member, however many calls make it at once, and each call gets a session of its own;
 *   2. what the host did not send stays as it was; an e-mail address is never an identity;
 *   3. a restricted member gets no session, and nothing of it changes.
 *
 * Making a member is the event REGISTERED_ACCOUNT, changing its profile is PROFILE_UPDATED.
 */
import { addSeconds, now } from "#lib/config/clock.ts";
import { upsertMemberRow } from "#lib/db/member-upsert.ts";
import { findMemberByAuthIdentifier } from "#lib/db/members.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { newId } from "#lib/domain/ids.ts";
import { drawAccountNumber } from "#lib/domain/members/account-number.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { attributesPerMemberMax, type NewProfile } from "#lib/domain/members/profile.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type UpsertEmbeddedSession = {
  tenant: Tenant;
  clientSecretId: string;
  authIdentifier: string;
  profile: NewProfile;
  credential: SessionCredential;
};

// Drawn at random so that a number says nothing of a programme's size; the first that is free is taken.
const accountNumbersDrawn = 12;

/** One round trip to the database where nothing is refused. Refuses `member_restricted` and `invalid_input`. */
export async function upsertEmbeddedSession(command: UpsertEmbeddedSession): Promise<Member> {
  const { tenant, authIdentifier, profile } = command;
  const at = now();
  const { set, removed } = splitAttributes(profile.attributes);
  if (Object.keys(set).length > attributesPerMemberMax) throw tooManyAttributes();

  const row = await upsertMemberRow({
    tenantId: tenant.id,
    authIdentifier,
    profile: profile.core,
    attributes: set,
    removedAttributes: removed,
    attributesMax: attributesPerMemberMax,
    newMemberId: newId(),
    drawAccountNumbers: () => Array.from({ length: accountNumbersDrawn }, drawAccountNumber),
    eventId: newId(),
    session: {
      ...command.credential,
      kind: "embedded",
      idleSeconds: tenant.idleSeconds,
      expiresAt: addSeconds(at, tenant.embeddedSeconds),
    },
    clientSecretId: command.clientSecretId,
    at,
  });
  if (row) return memberOf(row);

  const member = await findMemberByAuthIdentifier(tenant.id, authIdentifier);
  if (member?.isRestricted) throw new DomainError("member_restricted");
  throw tooManyAttributes();
}

function tooManyAttributes(): DomainError {
  return invalidInput({
    profile: `A member has at most ${attributesPerMemberMax} attributes. Remove some: send them as null.`,
  });
}

function splitAttributes(attributes: NewProfile["attributes"]) {
  const entries = Object.entries(attributes);
  return {
    set: Object.fromEntries(entries.filter(([, value]) => value !== null)),
    removed: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
  };
}
