/** What of a shelf somebody looks for, and in which order. In memory: a shelf is read whole anyway. */
import type { ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { isFoundBy } from "#lib/domain/search-text.ts";

export const shelfSorts = ["nearest", "cheapest", "dearest", "newest"] as const;
export type ShelfSort = (typeof shelfSorts)[number];

export type ShelfSearch = {
  text: string;
  /** By its name; null: of any. */
  category: string | null;
  /** Only what can be had now. */
  isReachOnly: boolean;
  sort: ShelfSort;
};

/** Each word is in the reward's name, summary or category. */
export function searchShelf(rewards: readonly ShelfReward[], search: ShelfSearch): ShelfReward[] {
  const { text, category, isReachOnly, sort } = search;
  return rewards
    .filter((reward) => category === null || reward.category?.name === category)
    .filter(({ gate }) => !isReachOnly || gate === null)
    .filter((reward) => isFoundBy(text, [reward.name, reward.summary, reward.category?.name ?? ""]))
    .sort((a, b) => compare[sort](a, b) || byPrice(a, b) || a.name.localeCompare(b.name));
}

/** The categories of a shelf, each once, in its order. */
export function categoriesOf(rewards: readonly ShelfReward[]): string[] {
  return [...new Set(rewards.flatMap(({ category }) => category?.name ?? []))];
}

const byPrice = (a: ShelfReward, b: ShelfReward) => a.pricePoints - b.pricePoints;

const compare: Record<ShelfSort, (a: ShelfReward, b: ShelfReward) => number> = {
  // What can be had now, then what a few points are missing for, then what more points do not bring.
  nearest: (a, b) => distance(a) - distance(b),
  cheapest: byPrice,
  dearest: (a, b) => byPrice(b, a),
  newest: (a, b) => (a.id < b.id ? 1 : -1), // an id begins with when it was made
};

function distance({ gate }: ShelfReward): number {
  if (gate === null) return 0;
  return gate.gate === "points" ? 1 : 2;
}
