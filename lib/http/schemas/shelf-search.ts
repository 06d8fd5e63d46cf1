import { type ShelfSearch, type ShelfSort, shelfSorts } from "#lib/domain/rewards/search-shelf.ts";
import type { PageQuery } from "#lib/http/schemas/page-query.ts";

const textLengthMax = 100;

const sortUnlessSaid: ShelfSort = "nearest";

/** What `?q=&category=&reach=1&sort=` looks for; what it cannot mean counts as left out, for an address may be old. */
export function shelfSearchOf(query: PageQuery, categories: readonly string[]): ShelfSearch {
  const one = (name: string) => {
    const value = query[name];
    return typeof value === "string" ? value : "";
  };
  return {
    text: one("q").trim().slice(0, textLengthMax),
    category: categories.find((category) => category === one("category")) ?? null,
    isReachOnly: one("reach") === "1",
    sort: shelfSorts.find((sort) => sort === one("sort")) ?? sortUnlessSaid,
  };
}

/** Whether it is anything but the whole shelf as it stands. */
export function isSearched({ text, category, isReachOnly, sort }: ShelfSearch): boolean {
  return text !== "" || category !== null || isReachOnly || sort !== sortUnlessSaid;
}
