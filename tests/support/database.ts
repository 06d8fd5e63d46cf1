/** Every test file that imports this has an own, migrated, empty database, and loses it in the end. */
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, inject } from "vitest";

import { closeDatabase, openEmbeddedDatabase, openServerDatabase } from "#lib/db/client.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";

const template = inject("databaseTemplate");
const serverUrl = inject("databaseServerUrl");

if (serverUrl) await openOnServer(serverUrl);
else await openInFolder();

async function openInFolder(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "laurel-test-"));
  cpSync(template, join(folder, "postgres"), { recursive: true });
  await openEmbeddedDatabase(await PGlite.create(join(folder, "postgres")));
  afterAll(async () => {
    await closeDatabase();
    rmSync(folder, { recursive: true, force: true });
  });
}

async function openOnServer(url: string): Promise<void> {
  const name = `laurel_test_${randomUUID().replaceAll("-", "")}`;
  await onServer(url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  openServerDatabase(urlOfDatabase(url, name), { isPatient: false });
  afterAll(async () => {
    await closeDatabase();
    await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`);
  });
}
