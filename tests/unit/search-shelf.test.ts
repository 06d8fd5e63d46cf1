import { expect, test } from "vitest";

import { categoriesOf, type ShelfSearch, searchShelf } from "#lib/domain/rewards/search-shelf.ts";
import type { RewardGate, ShelfReward } from "#lib/domain/rewards/shelf.ts";
import { isSearched, shelfSearchOf } from "#lib/http/schemas/shelf-search.ts";

const everything: ShelfSearch = { text: "", category: null, isReachOnly: false, sort: "nearest" };

function reward(name: string, pricePoints: number, rest: Partial<ShelfReward> = {}): ShelfReward {
  const gate: RewardGate | null =
    pricePoints > 100 ? { gate: "points", pointsShort: pricePoints - 100 } : null;
  const texts = { name, summary: "", description: "", terms: "", pictureUrl: null, value: null };
  const limits = { stockRemaining: null, perMemberLimit: null, availableFrom: null, availableUntil: null };
  const kind = { type: "VOUCHER", codeType: "STATIC", category: null, tier: null } as const;
  return { ...texts, ...limits, ...kind, id: name as ShelfReward["id"], pricePoints, gate, ...rest };
}

const category = (name: string) => ({ id: name, name });
const shelf = [
  reward("Crème brûlée", 80, { category: category("Café"), summary: "Fresh from the oven" }),
  reward("Straßenkarte", 60, { gate: { gate: "out_of_stock" } }),
  reward("Bike", 300, { category: category("Outdoors") }),
  reward("Kahve fincanı", 90, { category: category("At home") }),
  reward("كوب قَهْوة", 120, { category: category("Café") }),
];

const find = (search: Partial<ShelfSearch>) =>
  searchShelf(shelf, { ...everything, ...search }).map(({ name }) => name);

test.each([
  ["creme BRULEE", ["Crème brûlée"]],
  ["brûlée crème", ["Crème brûlée"]], // in any order
  ["oven", ["Crème brûlée"]], // its summary
  ["cafe", ["Crème brûlée", "كوب قَهْوة"]], // its category
  ["CAFÉ oven", ["Crème brûlée"]],
  ["strassen", ["Straßenkarte"]],
  ["FINCANI", ["Kahve fincanı"]],
  ["قهوه", ["كوب قَهْوة"]],
  ["bike oven", []], // each word, of one reward
  ["   ", ["Crème brûlée", "Kahve fincanı", "كوب قَهْوة", "Bike", "Straßenkarte"]],
  [".*", []],
])("looking for %j finds %j", (text, names) => {
  expect(find({ text })).toEqual(names);
});

test("within reach is what nothing stands in the way of", () => {
  expect(find({ isReachOnly: true })).toEqual(["Crème brûlée", "Kahve fincanı"]);
});

test("a category is found by its very name, and filters add up", () => {
  expect(find({ category: "Café" })).toEqual(["Crème brûlée", "كوب قَهْوة"]);
  expect(find({ category: "Café", isReachOnly: true })).toEqual(["Crème brûlée"]);
  expect(categoriesOf(shelf)).toEqual(["Café", "Outdoors", "At home"]);
});

test("the nearest comes first: what can be had, then what points are missing for, then the rest", () => {
  expect(find({})).toEqual(["Crème brûlée", "Kahve fincanı", "كوب قَهْوة", "Bike", "Straßenkarte"]);
});

test("prices go up or down, and the newest has the latest id", () => {
  const prices = (sort: ShelfSearch["sort"]) =>
    searchShelf(shelf, { ...everything, sort }).map(({ pricePoints }) => pricePoints);
  const made = [1, 3, 2].map((n) => reward(`r${n}`, 10, { id: `01a0000${n}` as ShelfReward["id"] }));

  expect(prices("cheapest")).toEqual([60, 80, 90, 120, 300]);
  expect(prices("dearest")).toEqual([300, 120, 90, 80, 60]);
  expect(searchShelf(made, { ...everything, sort: "newest" }).map(({ name }) => name)).toEqual([
    "r3",
    "r2",
    "r1",
  ]);
});

test("an address says what is looked for, and what it cannot mean counts as left out", () => {
  const categories = categoriesOf(shelf);

  expect(shelfSearchOf({ q: " tea ", category: "At home", reach: "1", sort: "dearest" }, categories)).toEqual(
    { text: "tea", category: "At home", isReachOnly: true, sort: "dearest" },
  );
  const odd = { q: ["a", "b"], category: "Gone", reach: "yes", sort: "constructor", page: "9" };
  expect(shelfSearchOf(odd, categories)).toEqual(everything);
  expect(shelfSearchOf({}, categories)).toEqual(everything);
  expect(shelfSearchOf({ q: "x".repeat(5000) }, categories).text).toHaveLength(100);
});

test("the whole shelf is no search", () => {
  expect(isSearched(everything)).toBe(false);
  for (const part of [{ text: "a" }, { category: "Café" }, { isReachOnly: true }, { sort: "newest" }]) {
    expect(isSearched({ ...everything, ...part } as ShelfSearch), JSON.stringify(part)).toBe(true);
  }
});
