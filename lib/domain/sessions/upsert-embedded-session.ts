import { addSeconds, now } from "#lib/config/clock.ts";
import type { Member } from "#lib/domain/members/member.ts";
import type { NewProfile } from "#lib/domain/members/profile.ts";
import type { SessionCredential } from "#lib/domain/sessions/session.ts";
import { signInVouchedMember } from "#lib/domain/sessions/sign-in-vouched-member.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type UpsertEmbeddedSession = {
  tenant: Tenant;
  clientSecretId: string;
  authIdentifier: string;
  profile: NewProfile;
  credential: SessionCredential;
};

/**
 * Embedded sign-in: a host's server names its customer, and gets a session for the member. Refuses `member_restricted` and
 * `invalid_input`.
 */
export function upsertEmbeddedSession({
  tenant,
  clientSecretId,
  authIdentifier,
  profile,
  credential,
}: UpsertEmbeddedSession): Promise<Member> {
  const at = now();
  const session = {
    ...credential,
    kind: "embedded",
    idleSeconds: tenant.idleSeconds,
    expiresAt: addSeconds(at, tenant.embeddedSeconds),
    deviceName: null, // it is the host's server that calls
    provider: null,
    replaces: [],
  };
  return signInVouchedMember({ tenant, authIdentifier, profile, session, clientSecretId, at });
}
