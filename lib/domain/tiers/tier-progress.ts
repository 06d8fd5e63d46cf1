export type Tier = { id: string; name: string; pointsRequirement: number };

export type TierProgress = {
  tier: Tier | null;
  nextTier: (Tier & { pointsToGo: number }) | null;
  /** From 0 to 1: how much of the way from this tier to the next is done; 1 at the top. */
  share: number;
};

/** Where a member stands: by the points that were earned and never by the balance, so that spending does not demote. */
export function tierProgress(tiers: readonly Tier[], tierPoints: number): TierProgress {
  const ascending = [...tiers].sort((a, b) => a.pointsRequirement - b.pointsRequirement);
  const tier = ascending.filter((each) => each.pointsRequirement <= tierPoints).at(-1) ?? null;
  const next = ascending.find((each) => each.pointsRequirement > tierPoints);
  if (!next) return { tier, nextTier: null, share: 1 };

  const from = tier?.pointsRequirement ?? 0;
  return {
    tier,
    nextTier: { ...next, pointsToGo: next.pointsRequirement - tierPoints },
    share: (tierPoints - from) / (next.pointsRequirement - from),
  };
}
