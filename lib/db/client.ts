/**
 * The one database of the process. Next may load this module several times, and the start script once more; all of them
 * meet on `globalThis`, because a second PGlite would be a second database.
 */
import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { PrismaPg } from "@prisma/adapter-pg";
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { Pool, type PoolConfig } from "pg";
import { PrismaPGlite } from "pglite-prisma-adapter";

import { Prisma, PrismaClient } from "#lib/db/generated/client.ts";
import { preparing } from "#lib/db/prepared-pglite.ts";

export { Prisma };

/** Queries inside a transaction take its Tx; on PGlite, asking `db()` there waits for a timeout. */
export type Tx = Prisma.TransactionClient;

/** The first value of a statement's one row; null where there is none. */
type Ask = (text: string, values: unknown[]) => Promise<unknown>;

type OpenDatabase = { client: PrismaClient; ask: Ask; pool: Pool | null; close(): Promise<void> };

const shared = globalThis as typeof globalThis & { laurelDatabase?: OpenDatabase };

const poolConnectionsMax = 10;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 15_000;

// Every query has its index. Left to itself, PostgreSQL would read a whole table that was small when it last looked at its
// statistics, and keep to that plan while the table grows: docs/decisions/0012-plans-use-indexes.md
const planByIndex = "SET enable_seqscan = off; SET jit = off";

export function db(): PrismaClient {
  if (!shared.laurelDatabase) throw new Error("The database is not open; the start script opens it.");
  return shared.laurelDatabase.client;
}

/**
 * What a statement answers that gives one row with one JSON value; null where it gives no row, or NULL. Asked of the driver
 * itself: Prisma's way takes three times the processor's time, which the hottest paths would feel.
 */
export async function askForJson<Value>(statement: Prisma.Sql): Promise<Value | null> {
  if (!shared.laurelDatabase) throw new Error("The database is not open; the start script opens it.");
  const { text, values } = statement;
  return (await shared.laurelDatabase.ask(text, values.map(plainValue))) as Value | null;
}

function plainValue(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

/** The connections to a server that other processes may have, too; null where this process alone has the database. */
export function serverPool(): Pool | null {
  return shared.laurelDatabase?.pool ?? null;
}

/** Opens a PostgreSQL server for the whole process. A command may ask what takes long; a request may not. */
export function openServerDatabase(url: string, { isPatient }: { isPatient: boolean }): void {
  const pool = new Pool(poolConfig(url, isPatient ? 0 : statementTimeoutMs));
  pool.on("error", () => undefined); // a connection that breaks while nobody uses it is replaced
  const ask: Ask = async (text, values) => {
    const { rows } = await pool.query({ name: nameOf(text), text, values, rowMode: "array" });
    return rows[0]?.[0] ?? null;
  };
  open(new PrismaPg(pool, named), ask, pool, () => pool.end());
}

/** Takes a PGlite that is already open as the database of the whole process, and closes it in the end. */
export async function openEmbeddedDatabase(pglite: PGlite): Promise<void> {
  await pglite.exec(planByIndex);
  const prepared = preparing(pglite);
  const ask: Ask = async (text, values) => {
    const { rows } = await prepared.query<unknown[]>(text, values, { rowMode: "array" });
    return rows[0]?.[0] ?? null;
  };
  open(new PrismaPGlite(prepared), ask, null, () => pglite.close());
}

export async function closeDatabase(): Promise<void> {
  const database = shared.laurelDatabase;
  delete shared.laurelDatabase;
  await database?.close();
}

export function serverAdapter(url: string, timeoutMs: number): PrismaPg {
  return new PrismaPg(poolConfig(url, timeoutMs), named);
}

function poolConfig(url: string, timeoutMs: number): PoolConfig {
  return {
    connectionString: url,
    max: poolConnectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    onConnect: async (client) => {
      await client.query(planByIndex);
    },
    ...(timeoutMs > 0 ? { statement_timeout: timeoutMs, query_timeout: timeoutMs } : {}),
  };
}

/** A named statement is parsed and planned once per connection. */
function nameOf(text: string): string {
  return createHash("sha1").update(text).digest("base64");
}

const named = { statementNameGenerator: ({ sql }: { sql: string }) => nameOf(sql) };

function open(
  adapter: SqlDriverAdapterFactory,
  ask: Ask,
  pool: Pool | null,
  closeUnderlying: () => Promise<void>,
): void {
  if (shared.laurelDatabase) throw new Error("A database is open already.");
  const client = new PrismaClient({ adapter, log: [{ emit: "event", level: "query" }] });
  shared.laurelDatabase = {
    ...{ client, ask, pool },
    async close() {
      await client.$disconnect();
      await closeUnderlying();
    },
  };
}
