/** Lists in pages: what is on one, and where the next one starts. A position is the last item's of the page before. */
export type Page<Item, Position> = { items: Item[]; next: Position | null };

export type PageQuery<Position> = { before: Position | null; limit: number };

/** A page of the rows that were read, one more than the limit of which tells that there is another. */
export function pageOf<Row, Item, Position>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  positionOf: (row: Row) => Position,
): Page<Item, Position> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? positionOf(last) : null;
  return { items: shown.map(itemOf), next };
}
