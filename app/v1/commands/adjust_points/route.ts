import { adjustPoints } from "#lib/domain/ledger/adjust-points.ts";
import { getMember } from "#lib/domain/members/find-members.ts";
import { walletJson } from "#lib/http/schemas/wallet.ts";
import * as operations from "#lib/http/user-api/operations.ts";
import { userApiRoute } from "#lib/http/user-api/route.ts";

/** POST /v1/commands/adjust_points: an admin corrects a balance. */
export const POST = userApiRoute(operations.adjustPoints, async ({ tenant, caller, body, key }) => {
  const { actorId, points, comment, impactType: impact } = body;
  const { id: memberId } = await getMember(tenant.id, actorId);
  const { isReplay, ...wallet } = await adjustPoints({
    ...{ tenant, memberId, points, impact, comment, key: key(`admin:${caller.admin.id}`) },
  });
  return { data: walletJson(wallet), isReplay };
});
