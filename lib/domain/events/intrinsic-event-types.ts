/**
 * What Laurel itself reports, and the fields of each payload: rules may listen to these, and nobody else may report them.
 * What rules give raises none of them, so rules cannot set off each other.
 */
export const intrinsicPayloadFields: Readonly<Record<string, readonly string[]>> = {
  REGISTERED_ACCOUNT: [],
  PROFILE_UPDATED: [],
  PURCHASED_REWARD: ["benefitId", "rewardId", "rewardExternalId", "rewardName", "pricePoints"],
  /** A benefit was redeemed: its code was shown. */
  REDEEMED_VOUCHER: ["benefitId", "rewardId", "rewardExternalId", "rewardName", "pricePoints"],
  /** A till used a code up. */
  BURNED_VOUCHER: ["benefitId", "rewardId", "rewardExternalId", "rewardName", "pricePoints"],
  POINTS_ADJUSTED: ["points", "impactType"],
  POINTS_EXPIRED: ["points"],
};

export type IntrinsicEventType = keyof typeof intrinsicPayloadFields & string;

export function isIntrinsic(eventType: string): boolean {
  return Object.hasOwn(intrinsicPayloadFields, eventType);
}
