/**
 * Once before all test files: a migrated database to copy. PGlite by default; with TEST_DATABASE_URL, a template on that
 * PostgreSQL server, which shows lost locks that PGlite's one connection hides.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { TestProject } from "vitest/node";

import { migrateEmbeddedDatabase, migrateServerDatabase } from "#lib/db/migrations.ts";
import { onServer, urlOfDatabase } from "#tests/support/on-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of a PGlite, or the name of a database on the server. */
    databaseTemplate: string;
    databaseServerUrl: string | null;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const serverUrl = process.env.TEST_DATABASE_URL || null;
  project.provide("databaseServerUrl", serverUrl);
  return serverUrl ? setUpServer(project, serverUrl) : setUpFolder(project);
}

async function setUpFolder(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), "laurel-template-"));
  const pglite = await PGlite.create(join(folder, "fresh"));
  await migrateEmbeddedDatabase(pglite);
  await pglite.close();
  cpSync(join(folder, "fresh"), join(folder, "template"), { recursive: true });
  project.provide("databaseTemplate", join(folder, "template"));
  return async () => rmSync(folder, { recursive: true, force: true });
}

async function setUpServer(project: TestProject, serverUrl: string) {
  const name = `laurel_test_${process.pid}_template`;
  await onServer(serverUrl, `DROP DATABASE IF EXISTS ${name}`);
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  await migrateServerDatabase(urlOfDatabase(serverUrl, name));
  project.provide("databaseTemplate", name);
  return () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
