/** What the server and every command begin with: the environment, the secret, and the one database. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { env } from "#lib/config/env.ts";
import { closeDatabase, openEmbeddedDatabase, openServerDatabase } from "#lib/db/client.ts";
import { migrateServerDatabase } from "#lib/db/migrations.ts";
import {
  openDatabaseFolder,
  prepareDataFolder,
  readOrMakeSecret,
  tryLockDataFolder,
} from "#lib/server/data-folder.ts";
import { problemWithSecret } from "#lib/server/deployment-secret.ts";

export type Opened = {
  /** Where files of this deployment lie. */
  dataFolder: string;
  isEmbedded: boolean;
  close(): Promise<void>;
};

/** Variables from a file `.env`, where there is one; what is set already stays. */
export function loadEnvFile(): void {
  if (existsSync(".env")) process.loadEnvFile(".env");
}

/** Null where another process has the data folder of the embedded database. Commands are patient: see `lib/db/client`. */
export async function open({ isPatient = false } = {}): Promise<Opened | null> {
  const { DATABASE_URL, LAUREL_DATA_DIR } = env();
  const dataFolder = resolve(LAUREL_DATA_DIR);
  prepareDataFolder(dataFolder);
  return DATABASE_URL ? openServer(DATABASE_URL, dataFolder, isPatient) : openEmbedded(dataFolder);
}

async function openServer(url: string, dataFolder: string, isPatient: boolean): Promise<Opened> {
  if (env().LAUREL_SECRET.length === 0) {
    throw new ConfigurationError(
      "LAUREL_SECRET is missing. With DATABASE_URL, set it to 32 random characters or more (openssl rand -base64 32), the same for every process.",
    );
  }
  checkSecrets();
  try {
    await migrateServerDatabase(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(
      `The database of DATABASE_URL could not be opened or brought up to date: ${reason}`,
    );
  }
  openServerDatabase(url, { isPatient });
  return { dataFolder, isEmbedded: false, close: closeDatabase };
}

async function openEmbedded(dataFolder: string): Promise<Opened | null> {
  const lock = tryLockDataFolder(dataFolder);
  if (!lock) return null;
  if (env().LAUREL_SECRET.length === 0) env().LAUREL_SECRET.push(readOrMakeSecret(dataFolder));
  // Next's bundles read the environment for themselves.
  process.env.LAUREL_SECRET = env().LAUREL_SECRET.join(",");
  checkSecrets();
  await openEmbeddedDatabase(await openDatabaseFolder(dataFolder));
  return {
    dataFolder,
    isEmbedded: true,
    async close() {
      await closeDatabase();
      lock.release();
    },
  };
}

function checkSecrets(): void {
  for (const secret of env().LAUREL_SECRET) {
    const problem = problemWithSecret(secret);
    if (problem) throw new ConfigurationError(`LAUREL_SECRET ${problem}`);
  }
}
