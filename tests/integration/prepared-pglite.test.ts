import { messages, PGlite } from "@electric-sql/pglite";
import { afterAll, beforeEach, expect, test } from "vitest";

import { preparing } from "#lib/db/prepared-pglite.ts";

// Goal: nobody can tell prepared statements from PGlite's own, but by their cost; and whatever happens to them heals.
// Method: a PGlite of the file's own, asked through both doors; what it has prepared is in pg_prepared_statements.

const pglite = await PGlite.create();
const prepared = preparing(pglite);
afterAll(() => pglite.close());

beforeEach(async () => {
  await pglite.exec(`
    DROP TABLE IF EXISTS things;
    CREATE TABLE things (id int PRIMARY KEY, name text, at timestamptz, made jsonb, tags text[], raw bytea, size bigint);
    INSERT INTO things VALUES (1, 'one', '2026-01-02 03:04:05+00', '{"a": [1]}', '{x,"y z"}', '\\x00ff', 9007199254740993),
      (2, NULL, NULL, NULL, NULL, NULL, NULL);`);
});

const parsers = { 3802: (text: string) => `json ${text}`, 1184: (text: string) => `moment ${text}` };
const byId = "SELECT * FROM things WHERE id = $1";

type Statement = { name: string; runs: number };

async function preparedOf(sql: string): Promise<Statement[]> {
  const { rows } = await pglite.query<Statement>(
    `SELECT name, generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement = $1`,
    [sql],
  );
  return rows;
}

async function failureOf(run: Promise<unknown>): Promise<messages.DatabaseError> {
  const error = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof messages.DatabaseError)) throw new Error(`The database said nothing: ${error}`);
  return error;
}

test("a statement is parsed once, however often it runs, alone and in transactions", async () => {
  const sql = "SELECT name FROM things WHERE id = $1 AND true";
  for (let runs = 0; runs < 3; runs++) await prepared.query(sql, [1]);
  await prepared.transaction(async (tx) => {
    await tx.query(sql, [1]);
  });

  expect(await preparedOf(sql)).toEqual([{ name: expect.any(String), runs: 4 }]);
});

test.each([
  ["every type, as an object", byId, [1], {}],
  ["every type, as an array, by the caller's parsers", byId, [1], { rowMode: "array" as const, parsers }],
  ["nothing but NULL", byId, [2], { rowMode: "array" as const, parsers }],
  ["no row", byId, [3], { rowMode: "array" as const }],
  [
    "rows of a change",
    "UPDATE things SET name = $1 RETURNING id, name",
    ["ä✓"],
    { rowMode: "array" as const },
  ],
  ["how many were changed", "DELETE FROM things WHERE id <= $1", [2], {}],
  [
    "values of every type",
    `SELECT $1::text[] AS a, $2::jsonb AS b, $3::bytea AS c, $4::timestamptz AS d, $5::bigint AS e, $6::bool AS f`,
    [["x", "y z"], { a: 1 }, new Uint8Array([0, 255]), new Date(0), 2n ** 60n, true],
    {},
  ],
] as const)("the answer is PGlite's own: %s", async (_what, sql, values, options) => {
  const ask = async (door: PGlite) => {
    let answer: unknown;
    await door
      .transaction(async (tx) => {
        answer = await tx.query(sql, [...values], options);
        throw new Error("undo");
      })
      .catch(() => undefined);
    return answer;
  };
  const expected = await ask(pglite);

  expect(await ask(prepared)).toEqual(expected);
  expect(await ask(prepared)).toEqual(expected); // by the statement that is there already
  expect(expected).toHaveProperty("fields");
});

test.each([
  ["a text that is no SQL", "SELEKT $1", [1]],
  ["a table that is not there", "SELECT * FROM nothing WHERE id = $1", [1]],
  ["a value that does not fit", byId, ["x"]],
  ["a law of the table", "INSERT INTO things (id) VALUES ($1)", [1]],
  ["what goes wrong on the way", "SELECT 1 / ($1::int - id) FROM things", [2]],
])("the error is PGlite's own, and the next statement runs: %s", async (_what, sql, values) => {
  const expected = await failureOf(pglite.query(sql, values));

  for (const _ of ["first", "second"]) {
    const error = await failureOf(prepared.query(sql, values));
    expect({ ...error, message: error.message }).toEqual({
      ...expected,
      message: expected.message,
      queryOptions: {},
    });
    expect((await prepared.query(byId, [1])).rows).toHaveLength(1);
  }
});

test("a transaction that failed says so until it ends, and leaves the statements usable", async () => {
  await prepared.query(byId, [1]);
  const failing = prepared.transaction(async (tx) => {
    await tx.query("UPDATE things SET name = $1", ["changed"]);
    expect((await failureOf(tx.query("INSERT INTO things (id) VALUES ($1)", [1]))).code).toBe("23505");
    expect((await failureOf(tx.query(byId, [1]))).code).toBe("25P02");
    await tx.query("SELECT $1::int AS never_prepared_before", [1]);
  });

  expect((await failureOf(failing)).code).toBe("25P02");
  expect((await prepared.query(byId, [1])).rows).toMatchObject([{ name: "one" }]);
  expect((await prepared.query("SELECT $1::int AS never_prepared_before", [1])).rows).toHaveLength(1);
});

test("a transaction that has ended takes no more statements", async () => {
  let ended: Pick<PGlite, "query"> | undefined;
  await prepared.transaction(async (tx) => {
    ended = tx as unknown as PGlite;
  });

  expect(() => ended?.query(byId, [1])).toThrow("Transaction is closed");
});

test("a statement that is asked while a transaction runs waits for its end", async () => {
  const order: string[] = [];
  const transaction = prepared.transaction(async (tx) => {
    await tx.query(byId, [1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await tx.query("UPDATE things SET name = $1 WHERE id = 1", ["after"]);
    order.push("transaction");
  });
  const asked = prepared.query<{ name: string }>(byId, [1]).then(({ rows }) => {
    order.push("statement");
    return rows[0]?.name;
  });

  await transaction;
  expect(await asked).toBe("after");
  expect(order).toEqual(["transaction", "statement"]);
});

test("a statement that has vanished is prepared anew", async () => {
  for (const vanish of ["DEALLOCATE ALL", "DISCARD ALL"]) {
    await prepared.query(byId, [1]);
    await pglite.exec(vanish);

    expect((await prepared.query(byId, [1])).rows).toHaveLength(1);
  }
});

test("a statement whose table has changed answers with the table as it is", async () => {
  await prepared.query(byId, [1]);
  await pglite.exec(
    "ALTER TABLE things DROP COLUMN tags, ALTER COLUMN name TYPE varchar(9), ADD COLUMN last int DEFAULT 7",
  );

  expect(await prepared.query(byId, [1])).toEqual(await pglite.query(byId, [1]));
});

test("a statement that calls functions runs on when they are dropped and made anew", async () => {
  const sql = "SELECT made.answer($1::int) AS answer";
  const make = (factor: number) =>
    pglite.exec(`BEGIN; DROP SCHEMA IF EXISTS made CASCADE; CREATE SCHEMA made;
      CREATE FUNCTION made.answer(n int) RETURNS int LANGUAGE sql AS $$ SELECT n * ${factor} $$; COMMIT;`);
  await make(2);
  for (let runs = 0; runs < 7; runs++) await prepared.query(sql, [21]); // a plan for any value is made at the sixth
  await make(3);

  expect((await prepared.query(sql, [21])).rows).toEqual([{ answer: 63 }]);
});

test("a statement that is outgrown in a transaction fails as a conflict, and then is prepared anew", async () => {
  await prepared.query(byId, [1]);
  const read = () => prepared.transaction((tx) => tx.query(byId, [1]));
  await pglite.exec("DEALLOCATE ALL");

  expect((await failureOf(read())).code).toBe("40001");
  expect((await read()).rows).toHaveLength(1);
  await pglite.exec("ALTER TABLE things ADD COLUMN last int");
  expect((await failureOf(read())).code).toBe("40001");
  expect((await read()).rows).toMatchObject([{ last: null }]);
});

test("what is kept is bounded, and what has gone is prepared anew", async () => {
  const sqlOf = (number: number) => `SELECT $1::int + ${number} AS sum`;
  for (let number = 0; number < 1_000; number++) await prepared.query(sqlOf(number), [1]);
  const { rows } = await pglite.query<{ count: number }>("SELECT count(*)::int FROM pg_prepared_statements");

  expect(rows[0]?.count).toBeGreaterThan(100);
  expect(rows[0]?.count).toBeLessThan(450);
  expect((await prepared.query(sqlOf(0), [1])).rows).toEqual([{ sum: 1 }]);
});

test("a long list of rows is not kept", async () => {
  const values = Array.from({ length: 2_000 }, (_, index) => index + 10);
  const sql = `INSERT INTO things (id, name) VALUES ${values.map((_, index) => `($${index + 1}, 'thing')`).join(", ")}`;

  expect((await prepared.query(sql, values)).affectedRows).toBe(2_000);
  expect(await preparedOf(sql)).toEqual([]);
});
