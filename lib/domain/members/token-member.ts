import { z } from "zod";

import { log } from "#lib/config/log.ts";
import { requestContext } from "#lib/config/request-context.ts";
import { findMemberRowByAuthIdentifier } from "#lib/db/members.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { createMember } from "#lib/domain/members/create-member.ts";
import { type Member, memberOf } from "#lib/domain/members/member.ts";
import { mandatoryProfileFields } from "#lib/domain/members/profile-input.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import type { UserClaims } from "#lib/domain/tokens/user-token.ts";

const profileFields = z.object(mandatoryProfileFields);

/**
 * The member whom a good token names. Where the tenant says so, a stranger's token makes the member; any number of first
 * calls at once make one. Refuses `member_unknown` and `member_restricted`.
 */
export async function getTokenMember(
  tenant: Pick<Tenant, "id" | "createMembersFromTokens">,
  claims: UserClaims,
): Promise<Member> {
  const row = await findMemberRowByAuthIdentifier(tenant.id, claims.sub);
  const member = row ? memberOf(row) : await makeTokenMember(tenant, claims);
  if (member.isRestricted) throw new DomainError("member_restricted");
  return member;
}

/**
 * Runs what finds the member by its authIdentifier in its own first statement; where there is none, that of a tenant which
 * makes members from tokens is made, and it runs again. Refuses `member_unknown` where there is no member then either.
 */
export async function asTokenMember<Result>(
  tenant: Pick<Tenant, "id" | "createMembersFromTokens">,
  claims: UserClaims,
  run: (authIdentifier: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await run(claims.sub);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "member_not_found") throw error;
    await makeTokenMember(tenant, claims);
    return run(claims.sub).catch((second: unknown) => {
      const hasLeft = second instanceof DomainError && second.code === "member_not_found";
      throw hasLeft ? new DomainError("member_unknown") : second;
    });
  }
}

async function makeTokenMember(
  tenant: Pick<Tenant, "id" | "createMembersFromTokens">,
  claims: UserClaims,
): Promise<Member> {
  const { sub: authIdentifier, given_name: givenName, family_name: familyName, email: emailAddress } = claims;
  if (!tenant.createMembersFromTokens) throw new DomainError("member_unknown");
  const core = profileFields.safeParse({ givenName, familyName, emailAddress });
  if (!core.success) {
    const { requestId } = requestContext.getStore() ?? {};
    const fields = core.error.issues.map(({ path }) => path.join("."));
    log().info(
      { requestId, fields },
      "a token made no member: its given_name, family_name or email will not do",
    );
    throw new DomainError("member_unknown");
  }
  try {
    return await createMember({
      ...{ tenantId: tenant.id, authIdentifier },
      profile: { core: core.data, attributes: {} },
    });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== "auth_identifier_taken") throw error;
    const row = await findMemberRowByAuthIdentifier(tenant.id, authIdentifier); // another first call was faster
    if (!row) throw new DomainError("member_unknown");
    return memberOf(row);
  }
}
