import { now } from "#lib/config/clock.ts";
import type { Tx } from "#lib/db/client.ts";
import { readWalletRow } from "#lib/db/wallets.ts";
import { DomainError, invalidInput } from "#lib/domain/errors.ts";
import { raiseEvent } from "#lib/domain/events/raise-event.ts";
import { type EventId, type MemberId, newId, type TenantId } from "#lib/domain/ids.ts";
import {
  type FullWallet,
  fullWalletOf,
  readHeldWallet,
  type WalletTenant,
} from "#lib/domain/ledger/get-wallet.ts";
import { holdWallet } from "#lib/domain/ledger/hold-wallet.ts";
import { type ImpactType, isPoints, notPoints, postPoints } from "#lib/domain/ledger/post-points.ts";
import { type OnceKey, runOnce } from "#lib/domain/once.ts";

export type AdjustPoints = {
  tenant: WalletTenant;
  memberId: MemberId;
  /** Negative takes away. */
  points: number;
  impact: ImpactType;
  /** Why, for the member and for whoever asks later. */
  comment: string | null;
  key: OnceKey | null;
};

type Adjustment = FullWallet & { entryId: string; isReplay: boolean };

/**
 * A correction by an admin; the wallet after it. Refuses `points_insufficient` where the balance would fall below zero,
 * `invalid_input` for points of the wrong sign for their impact, `member_not_found`.
 */
export async function adjustPoints(command: AdjustPoints): Promise<Adjustment> {
  const { tenant, memberId, points, impact, comment } = command;
  const tenantId = tenant.id;
  if (!isPoints(points)) throw notPoints();
  if ((impact === "EARN" && points < 0) || (impact === "SPEND" && points > 0)) {
    throw invalidInput({
      points: "Points that count as earned are over 0, points that count as spent under 0.",
    });
  }

  const { result, isReplay } = await runOnce(tenantId, command.key, async (tx) => {
    const at = now();
    await holdWallet(tx, { tenantId, memberId, at, onlyUnrestricted: false });
    const balancePoints = await balanceOf(tx, tenantId, memberId, at);
    if (balancePoints + points < 0) {
      throw new DomainError("points_insufficient", { balancePoints, costPoints: -points });
    }
    const eventId = newId<EventId>();
    const entryId = await postPoints(tx, {
      ...{ tenantId, memberId, at, eventId, points, impact },
      kind: "ADJUSTMENT",
      ...(comment === null ? {} : { description: comment }),
    });
    const payload = { points, impactType: impact };
    await raiseEvent(tx, { tenantId, memberId, id: eventId, type: "POINTS_ADJUSTED", payload, at });
    // With the tiers as they are now, as the same call is answered the same later.
    return { wallet: await readHeldWallet(tx, tenant, memberId), tiers: tenant.tiers, entryId };
  });
  return {
    ...fullWalletOf({ ...tenant, tiers: result.tiers }, result.wallet),
    entryId: result.entryId,
    isReplay,
  };
}

async function balanceOf(tx: Tx, tenantId: TenantId, memberId: MemberId, at: Date): Promise<number> {
  return Number((await readWalletRow(tenantId, memberId, null, at, tx))?.balancePoints);
}
