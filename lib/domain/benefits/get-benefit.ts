import { now } from "#lib/config/clock.ts";
import { visitBenefitRow } from "#lib/db/benefits.ts";
import { type Benefit, benefitOf } from "#lib/domain/benefits/benefit.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { isUuid, type MemberId, type SessionId, type TenantId } from "#lib/domain/ids.ts";
import { activityWrittenBefore } from "#lib/domain/sessions/read-session.ts";

/**
 * A benefit of the member's own. Refuses `benefit_not_found`, for a cancelled one too. Finding it is an activity of
 * `sessionId`, unless that is null.
 */
export async function getBenefit(
  tenantId: TenantId,
  memberId: MemberId,
  benefitId: string,
  sessionId: SessionId | null,
): Promise<Benefit> {
  const at = now();
  const row = isUuid(benefitId)
    ? await visitBenefitRow({
        ...{ tenantId, memberId, benefitId, at, sessionId },
        touchOlderThan: activityWrittenBefore(at),
      })
    : null;
  if (!row) throw new DomainError("benefit_not_found");
  return benefitOf(row);
}
