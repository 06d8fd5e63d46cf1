/** Pages of rows by their number, with how many rows there are: one statement, whose counting has an end. */
import { askForJson, Prisma } from "#lib/db/client.ts";

export type NumberedRows<Row> = { rows: Row[]; total: { count: number; isEstimated: boolean } };

const countedMax = 10_000;

/**
 * `columns` of the rows of one table, which is called `row`: `from` is all from FROM to WHERE. What the columns cost is paid
 * for the page alone. Moments are texts.
 */
export async function readNumberedRows<Row>(query: {
  row: string;
  columns: Prisma.Sql;
  from: Prisma.Sql;
  orderBy: Prisma.Sql;
  offset: number;
  limit: number;
}): Promise<NumberedRows<Row>> {
  const { columns, from, orderBy, offset, limit } = query;
  const row = Prisma.raw(query.row);
  const answer = await askForJson<{ rows: Row[]; count: number }>(Prisma.sql`SELECT jsonb_build_object(
    'rows', COALESCE((SELECT jsonb_agg(to_jsonb(p)) FROM (
      SELECT ${columns} FROM (
        SELECT ${row}.* ${from} ORDER BY ${orderBy} LIMIT ${limit}::int OFFSET ${offset}::int) ${row}
      ORDER BY ${orderBy}) p), '[]'),
    'count', (SELECT count(*) FROM (SELECT 1 ${from} LIMIT ${countedMax + 1}::int) c))`);
  const { rows, count } = answer as { rows: Row[]; count: number }; // which it always gives
  return { rows, total: { count: Math.min(count, countedMax), isEstimated: count > countedMax } };
}

/** ORDER BY what was asked for; what is equal in it comes by `last`. */
export function orderOf<Field extends string>(
  orderBy: readonly { field: Field; isAscending: boolean }[],
  columns: Readonly<Record<Field, Prisma.Sql>>,
  last: Prisma.Sql,
): Prisma.Sql {
  const asked = orderBy.map(
    ({ field, isAscending }) => Prisma.sql`${columns[field]} ${Prisma.raw(isAscending ? "ASC" : "DESC")}`,
  );
  return Prisma.join([...asked, last]);
}
