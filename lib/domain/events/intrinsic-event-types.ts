/** What Laurel itself reports: rules may listen to these, and nobody else may report them. */
export const intrinsicEventTypes: readonly string[] = [
  "REGISTERED_ACCOUNT",
  "PROFILE_UPDATED",
  "PURCHASED_REWARD",
  "REDEEMED_VOUCHER",
  "POINTS_ADJUSTED",
  "POINTS_EXPIRED",
];
