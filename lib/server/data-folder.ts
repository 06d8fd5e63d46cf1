/**
 * The data folder of the embedded database. Two processes on one folder would diverge without a sound, so:
 *   1. who has the folder holds a lock of the operating system's (through SQLite, whose locks go with the process,
 *      however it dies, also in a container, where a pid file lies);
 *   2. who does not reaches the holder through a socket in the folder: `control-socket.ts`;
 *   3. a database is made in a folder of its own and renamed when it is whole, because one that is killed during its
 *      first start never opens again.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PGlite } from "@electric-sql/pglite";

import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { migrateEmbeddedDatabase } from "#lib/db/migrations.ts";
import { generateSecret } from "#lib/domain/secrets.ts";

const databaseName = "postgres";
const unfinishedPrefix = "postgres.unfinished-";

export type DataFolderLock = { release(): void };

export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`LAUREL_DATA_DIR ${folder} cannot be made: ${reason}`);
  }
}

/** Null where another process has the folder. */
export function tryLockDataFolder(folder: string): DataFolderLock | null {
  const lock = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    const { errcode } = error as { errcode?: unknown };
    if (errcode === 5) return null; // SQLITE_BUSY
    throw error;
  }
}

/** Opens the embedded database, made and migrated if need be. The caller holds the folder's lock. */
export async function openDatabaseFolder(folder: string): Promise<PGlite> {
  removeUnfinished(folder);
  const path = join(folder, databaseName);
  if (!existsSync(path)) await makeDatabase(folder, path);
  // PostgreSQL's own lock file says nothing that ours does not, and one that a kill left empty keeps it from opening.
  rmSync(join(path, "postmaster.pid"), { force: true });
  const pglite = await PGlite.create(path);
  await migrateEmbeddedDatabase(pglite);
  return pglite;
}

/** The deployment's secret: made at the first start, and kept beside the database it seals. */
export function readOrMakeSecret(folder: string): string {
  const path = join(folder, "secret");
  if (existsSync(path)) return readFileSync(path, "utf8").trim();

  const secret = generateSecret();
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, `${secret}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
  return secret;
}

/** A file that its owner alone can read, for what may be shown once. */
export function writePrivateFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

async function makeDatabase(folder: string, path: string): Promise<void> {
  const unfinished = join(folder, `${unfinishedPrefix}${process.pid}`);
  const pglite = await PGlite.create(unfinished);
  await migrateEmbeddedDatabase(pglite);
  await pglite.close();
  renameSync(unfinished, path);
}

function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(unfinishedPrefix)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
