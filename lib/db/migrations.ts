/**
 * Bringing a database to the newest schema: which migrations there are, which it has, and applying the rest; then the
 * functions of `prisma/functions`, which are made anew as a whole whenever one of them has changed
 * (docs/decisions/0009-one-round-trip-functions.md).
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { Client } from "pg";
import { PrismaPGlite } from "pglite-prisma-adapter";

import { serverAdapter } from "#lib/db/client.ts";
import type { Migration } from "#lib/db/schema-engine.ts";
import { migrationsFolder } from "#lib/db/schema-engine.ts";

/** What a database is brought up to: the migrations in their order, and the text of all functions. */
export type Sources = { migrations: readonly Migration[]; functions: string };

// Any fixed number: who migrates a server's database holds this advisory lock.
const migrationLockId = 7_215_001;

/** Applies what is missing; answers with the names of what it applied. */
export async function migrateEmbeddedDatabase(pglite: PGlite, sources = readSources()): Promise<string[]> {
  const { migrations, functions } = sources;
  const applied = await pglite
    .query<{ name: string }>(appliedMigrationsQuery)
    .then(({ rows }) => rows.map(({ name }) => name))
    .catch(() => []); // the table is not there yet
  const run = (script: string) => pglite.exec(script);
  const missing = isUpToDate(migrations, applied) ? [] : await applyMissing();
  const { rows } = await pglite.query<{ stamp: string | null }>(functionsStampQuery);
  await makeFunctions(functions, rows[0]?.stamp ?? null, run);
  return missing;

  async function applyMissing(): Promise<string[]> {
    await pglite.query(forgetUnfinishedQuery).catch(() => undefined);
    const { applyMigrations } = await import("#lib/db/schema-engine.ts");
    const { adapter } = withWholeScripts(new PrismaPGlite(pglite), run);
    return applyMigrations(adapter, migrations);
  }
}

/** The same on a server, where several processes may start at once: one migrates, the others wait for it. */
export async function migrateServerDatabase(url: string, sources = readSources()): Promise<string[]> {
  const { migrations, functions } = sources;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [migrationLockId]);
    const applied = await client
      .query<{ name: string }>(appliedMigrationsQuery)
      .then(({ rows }) => rows.map(({ name }) => name))
      .catch(() => []); // the table is not there yet
    const run = (script: string) => client.query(script);
    const missing = isUpToDate(migrations, applied) ? [] : await applyMissing(run);
    const { rows } = await client.query<{ stamp: string | null }>(functionsStampQuery);
    await makeFunctions(functions, rows[0]?.stamp ?? null, run);
    return missing;
  } finally {
    await client.end(); // and with it the lock
  }

  async function applyMissing(run: (script: string) => Promise<unknown>): Promise<string[]> {
    await client.query(forgetUnfinishedQuery).catch(() => undefined);
    const { applyMigrations } = await import("#lib/db/schema-engine.ts");
    const { adapter, dispose } = withWholeScripts(serverAdapter(url, 0), run);
    try {
      return await applyMigrations(adapter, migrations);
    } finally {
      await dispose();
    }
  }
}

/** In one transaction, so that nobody ever meets half of them. `stamp` says which the database has. */
async function makeFunctions(
  functions: string,
  stamp: string | null,
  run: (script: string) => Promise<unknown>,
): Promise<void> {
  const newStamp = createHash("sha256").update(functions).digest("hex");
  if (stamp === newStamp) return;
  await run(`BEGIN;
    DROP SCHEMA IF EXISTS laurel_functions CASCADE;
    CREATE SCHEMA laurel_functions;
    COMMENT ON SCHEMA laurel_functions IS '${newStamp}';
    ${functions}
    COMMIT;`);
}

/** The SQL between the migrations and `schema.prisma`; null when nothing is missing. */
export async function missingMigrationSql(): Promise<string | null> {
  const { missingSql } = await import("#lib/db/schema-engine.ts");
  const pglite = await PGlite.create();
  try {
    await migrateEmbeddedDatabase(pglite);
    return await missingSql(new PrismaPGlite(pglite));
  } finally {
    await pglite.close();
  }
}

/**
 * Prisma's adapters cut a script at every semicolon, also inside a function's body, or do not wait for its end. Sent as
 * it is, the database cuts it itself, and runs it in one transaction. `dispose` closes what the engine leaves open.
 */
function withWholeScripts<Adapter extends SqlMigrationAwareDriverAdapterFactory>(
  adapter: Adapter,
  run: (script: string) => Promise<unknown>,
): { adapter: Adapter; dispose(): Promise<void> } {
  const connect = adapter.connect.bind(adapter);
  const connections: Awaited<ReturnType<typeof connect>>[] = [];
  adapter.connect = async () => {
    const connection = Object.assign(await connect(), {
      executeScript: async (script: string) => {
        await run(script);
      },
    });
    connections.push(connection);
    return connection;
  };
  return {
    adapter,
    async dispose() {
      await Promise.all(connections.map((connection) => connection.dispose()));
    },
  };
}

const functionsFolder = "prisma/functions";
const functionsStampQuery =
  "SELECT obj_description(to_regnamespace('laurel_functions'), 'pg_namespace') AS \"stamp\"";

const appliedMigrationsQuery =
  'SELECT migration_name AS "name" FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL';

// A process that was killed in a migration leaves a mark that the engine would refuse for ever. Each script is one
// transaction, so what is marked as unfinished has done nothing; without the table there is nothing to forget.
const forgetUnfinishedQuery =
  "DELETE FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL AND applied_steps_count = 0";

/** As they stand in `prisma`. */
export function readSources(): Sources {
  const migrations = readdirSync(migrationsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => ({ name, sql: readFileSync(`${migrationsFolder}/${name}/migration.sql`, "utf8") }));
  const functions = readdirSync(functionsFolder)
    .sort()
    .map((name) => readFileSync(`${functionsFolder}/${name}`, "utf8"))
    .join("\n");
  return { migrations, functions };
}

function isUpToDate(migrations: readonly Migration[], applied: readonly string[]): boolean {
  return migrations.every(({ name }) => applied.includes(name));
}
