/**
 * The one database of the process. Next may load this module several times, and the start script once more; all of them
 * meet on `globalThis`, because a second PGlite would be a second database.
 */
import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { PrismaPg } from "@prisma/adapter-pg";
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { PrismaPGlite } from "pglite-prisma-adapter";

import { Prisma, PrismaClient } from "#lib/db/generated/client.ts";
import { preparing } from "#lib/db/prepared-pglite.ts";

export { Prisma };

/** Queries inside a transaction take its Tx; on PGlite, asking `db()` there waits for a timeout. */
export type Tx = Prisma.TransactionClient;

type OpenDatabase = { client: PrismaClient; close(): Promise<void> };

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

/** Opens a PostgreSQL server for the whole process. A command may ask what takes long; a request may not. */
export function openServerDatabase(url: string, { isPatient }: { isPatient: boolean }): void {
  open(serverAdapter(url, isPatient ? 0 : statementTimeoutMs), async () => undefined);
}

/** Takes a PGlite that is already open as the database of the whole process, and closes it in the end. */
export async function openEmbeddedDatabase(pglite: PGlite): Promise<void> {
  await pglite.exec(planByIndex);
  open(new PrismaPGlite(preparing(pglite)), () => pglite.close());
}

export async function closeDatabase(): Promise<void> {
  const database = shared.laurelDatabase;
  delete shared.laurelDatabase;
  await database?.close();
}

export function serverAdapter(url: string, timeoutMs: number): PrismaPg {
  return new PrismaPg(
    {
      connectionString: url,
      max: poolConnectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      onConnect: (client) => client.query(planByIndex),
      ...(timeoutMs > 0 ? { statement_timeout: timeoutMs, query_timeout: timeoutMs } : {}),
    },
    // A named statement is parsed and planned once per connection.
    { statementNameGenerator: ({ sql }) => createHash("sha1").update(sql).digest("base64") },
  );
}

function open(adapter: SqlDriverAdapterFactory, closeUnderlying: () => Promise<void>): void {
  if (shared.laurelDatabase) throw new Error("A database is open already.");
  const client = new PrismaClient({ adapter, log: [{ emit: "event", level: "query" }] });
  shared.laurelDatabase = {
    client,
    async close() {
      await client.$disconnect();
      await closeUnderlying();
    },
  };
}
