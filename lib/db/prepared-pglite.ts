/**
 * The embedded database with its statements kept prepared. PGlite by itself parses, plans and describes a statement anew
 * each time, in six exchanges with the database; prepared, a statement takes one. (A PostgreSQL server gets the same from
 * the names that `lib/db/client.ts` gives its statements.)
 *
 * Holds, inside and outside of transactions:
 *   1. a statement is answered just as by PGlite's own `query`, its errors included;
 *   2. where the database has lost or outgrown what it had prepared, and so has done nothing, the statement is prepared
 *      anew; in a transaction, which then is lost, it fails as a conflict (40001), after which a command is tried again;
 *   3. what is kept is bounded: the longest unused goes.
 */
import {
  messages,
  type PGlite,
  parse,
  protocol,
  type QueryOptions,
  type Results,
  type Transaction,
} from "@electric-sql/pglite";
import QuickLRU from "quick-lru";

type Prepared = {
  name: string;
  parameterTypes: readonly number[];
  /** Null where the statement answers with no rows. */
  row: messages.RowDescriptionMessage | null;
};
type Query = <Row>(sql: string, values?: unknown[], options?: QueryOptions) => Promise<Results<Row>>;

const { serialize } = protocol;
const preparedMax = 200; // the cache may hold up to twice as many
const sqlLengthMax = 20_000; // what is longer is a list of rows, and never comes again

// The statement is not there any more; its rows would have other columns by now.
const outgrownCodes: readonly (string | undefined)[] = ["26000", "0A000"];

/** What Prisma's adapter asks of a PGlite. All of it runs on `pglite`, which stays the caller's to close. */
export function preparing(pglite: PGlite): PGlite {
  const unneeded: string[] = [];
  const prepared = new QuickLRU<string, Prepared>({
    maxSize: preparedMax,
    onEviction: (_sql, { name }) => unneeded.push(name),
  });
  const parsersOf = new WeakMap<object, PGlite["parsers"]>();
  let named = 0;

  async function exchange(...parts: Uint8Array[]): Promise<messages.BackendMessage[]> {
    const closings = unneeded.splice(0).map((name) => serialize.close({ type: "S", name }));
    const all = Buffer.concat([...closings, ...parts, serialize.sync()]);
    return pglite.execProtocolStream(all, { throwOnError: false, syncToFs: false });
  }

  async function prepare(sql: string): Promise<Prepared | messages.DatabaseError> {
    const name = `laurel_${++named}`;
    const answer = await exchange(
      serialize.parse({ name, text: sql }),
      serialize.describe({ type: "S", name }),
    );
    const error = answer.find(isError);
    if (error) return error;
    const statement: Prepared = {
      name,
      parameterTypes: parse.parseDescribeStatementResults(answer),
      row: answer.find(isRowDescription) ?? null,
    };
    prepared.set(sql, statement);
    return statement;
  }

  async function runPrepared<Row>(
    sql: string,
    values: unknown[],
    options: QueryOptions,
    isInTransaction: boolean,
  ): Promise<Results<Row>> {
    const failed = (error: messages.DatabaseError) =>
      Object.assign(error, { query: sql, params: values, queryOptions: options });
    for (;;) {
      const known = prepared.get(sql);
      const statement = known ?? (await prepare(sql));
      if (isError(statement)) throw failed(statement);

      const { name, parameterTypes, row } = statement;
      const texts = values.map((value, index) => textOf(value, parameterTypes[index]));
      const answer = await exchange(
        serialize.bind({ statement: name, values: texts }),
        serialize.execute({}),
      );
      const error = answer.find(isError);
      if (!error) {
        const all = row ? [row, ...answer] : answer;
        return parse.parseResults(all, parsersFor(options), {
          rowMode: options.rowMode ?? "object",
        })[0] as Results<Row>;
      }
      const isOutgrown =
        outgrownCodes.includes(error.code) && !answer.some(({ name }) => name === "bindComplete");
      if (!known || !isOutgrown) throw failed(error);
      prepared.delete(sql);
      unneeded.push(name);
      if (isInTransaction) throw failed(Object.assign(error, { code: "40001" }));
    }
  }

  /** As PGlite turns values into what it sends. */
  function textOf(value: unknown, type = 0) {
    if (value === null || value === undefined) return null;
    const serializer = pglite.serializers[type];
    return serializer ? serializer(value) : String(value);
  }

  /** PGlite's parsers with those of `options`, put together once. */
  function parsersFor({ parsers }: QueryOptions): PGlite["parsers"] {
    if (!parsers) return pglite.parsers;
    const known = parsersOf.get(parsers);
    if (known) return known;
    const all = { ...pglite.parsers, ...parsers } as PGlite["parsers"];
    parsersOf.set(parsers, all);
    return all;
  }

  function queryIn(
    queryPlainly: Query,
    isInTransaction: boolean,
    run: <V>(f: () => Promise<V>) => Promise<V>,
  ): Query {
    return (sql, values = [], options = {}) => {
      const { rowMode: _rowMode, parsers: _parsers, ...rare } = options;
      if (values.length === 0 || sql.length > sqlLengthMax || Object.keys(rare).length > 0) {
        return queryPlainly(sql, values, options);
      }
      return run(() => runPrepared(sql, values, options, isInTransaction));
    };
  }

  const alone = async <Value>(run: () => Promise<Value>) => {
    await pglite._checkReady();
    return pglite._runExclusiveTransaction(async () => {
      const value = await pglite.runExclusive(run);
      await pglite.syncToFs();
      return value;
    });
  };

  const own = {
    query: queryIn((...call) => pglite.query(...call), false, alone),
    exec: (sql: string, options?: QueryOptions) => pglite.exec(sql, options),
    transaction: <Value>(run: (tx: Transaction) => Promise<Value>) =>
      pglite.transaction((tx) => {
        const within = <Answer>(ask: () => Promise<Answer>) => {
          if (tx.closed) throw new Error("Transaction is closed");
          return pglite.runExclusive(ask);
        };
        return run(
          Object.create(tx, { query: { value: queryIn((...call) => tx.query(...call), true, within) } }),
        );
      }),
  };
  return own as unknown as PGlite; // the adapter asks for no more of it
}

function isError(message: object): message is messages.DatabaseError {
  return message instanceof messages.DatabaseError;
}

function isRowDescription(message: messages.BackendMessage): message is messages.RowDescriptionMessage {
  return message.name === "rowDescription";
}
