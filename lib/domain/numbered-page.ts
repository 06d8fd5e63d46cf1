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
