/** Lists whose pages have numbers, for clients that jump to one. A position (`page.ts`) is the better way where there is a choice. */
export type Order<Field extends string> = { field: Field; isAscending: boolean };

export type NumberedPageQuery<Field extends string = never> = {
  offset: number;
  limit: number;
  /** Empty: newest first. */
  orderBy: readonly Order<Field>[];
};

/** `isEstimated`: there are more than were counted, so that counting costs a bounded time. */
type Total = { count: number; isEstimated: boolean };

export type NumberedPage<Item> = { items: Item[]; total: Total };

/** A page of what is in memory already. */
export function pageInMemory<Item>(
  all: readonly Item[],
  { offset, limit }: Pick<NumberedPageQuery, "offset" | "limit">,
): NumberedPage<Item> {
  return {
    items: all.slice(offset, offset + limit),
    total: { count: all.length, isEstimated: false },
  };
}

/** Compares by what was asked for, then by `last`. */
export function byOrders<Item, Field extends string>(
  orders: readonly Order<Field>[],
  compare: Readonly<Record<Field, (one: Item, other: Item) => number>>,
  last: (one: Item, other: Item) => number,
): (one: Item, other: Item) => number {
  return (one, other) => {
    for (const { field, isAscending } of orders) {
      const order = compare[field](one, other);
      if (order !== 0) return isAscending ? order : -order;
    }
    return last(one, other);
  };
}
