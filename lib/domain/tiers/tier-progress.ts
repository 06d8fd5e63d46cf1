export type Tier = { id: string; name: string; pointsRequirement: number };

export type TierProgress = {
  tier: Tier | null;
  nextTier: (Tier & { pointsToGo: number }) | null;
  /** From 0 to 1: how much of the way from this tier to the next is done; 1 at the top. */
  share: number;
};

/** Where a member stands: by lifetime points and never by the balance, so that spending does not demote. */
export function tierProgress(tiers: readonly Tier[], lifetimePoints: number): TierProgress {
  const ascending = [...tiers].sort((a, b) => a.pointsRequirement - b.pointsRequirement);
  const tier = ascending.filter((each) => each.pointsRequirement <= lifetimePoints).at(-1) ?? null;
  const next = ascending.find((each) => each.pointsRequirement > lifetimePoints);
  if (!next) return { tier, nextTier: null, share: 1 };

  const from = tier?.pointsRequirement ?? 0;
  return {
    tier,
    nextTier: { ...next, pointsToGo: next.pointsRequirement - lifetimePoints },
    share: (lifetimePoints - from) / (next.pointsRequirement - from),
  };
}
