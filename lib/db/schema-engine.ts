/**
 * Prisma's schema engine as WebAssembly, in process: no native binary, no download, any driver adapter. It is an
 * internal package of Prisma and pinned exactly: docs/decisions/0003-migrations-without-a-native-engine.md
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";

const schemaPath = "prisma/schema.prisma";
export const migrationsFolder = "prisma/migrations";

export type Migration = { name: string; sql: string };

type Bindings = typeof bindings & { __wbg_set_wasm(exports: WebAssembly.Exports): void };

const filters = { externalTables: [], externalEnums: [] };

// One WebAssembly instance per process: the package's bindings hold it in a global.
let isLoaded = false;

/** Applies the migrations that `_prisma_migrations` does not have yet, in order; answers with their names. */
export async function applyMigrations(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  migrations: readonly Migration[],
): Promise<string[]> {
  const engine = await openEngine(adapter);
  const output = await engine.applyMigrations({ filters, migrationsList: migrationsList(migrations) });
  return output.appliedMigrationNames;
}

/** The SQL between what a database has and `schema.prisma`; null when they agree. */
export async function missingSql(adapter: SqlMigrationAwareDriverAdapterFactory): Promise<string | null> {
  const files = [{ path: schemaPath, content: readFileSync(schemaPath, "utf8") }];
  const engine = await openEngine(adapter);
  const { stdout } = await engine.diff({
    from: { tag: "schemaDatasource", files, configDir: "." },
    to: { tag: "schemaDatamodel", files },
    script: true,
    exitCode: null,
    filters,
  });
  return stdout?.includes(";") ? stdout : null; // without a statement it is a comment
}

async function openEngine(adapter: SqlMigrationAwareDriverAdapterFactory) {
  loadWebAssembly();
  const datamodel = readFileSync(schemaPath, "utf8");
  return bindings.SchemaEngine.new(
    { datamodels: [[schemaPath, datamodel]] },
    () => undefined, // its log lines
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
}

function loadWebAssembly(): void {
  if (isLoaded) return;
  const scope = globalThis as { PRISMA_WASM_PANIC_REGISTRY?: { set_message(message: string): void } };
  scope.PRISMA_WASM_PANIC_REGISTRY ??= { set_message: (message) => console.error(message) };

  const path = createRequire(import.meta.url)
    .resolve("@prisma/schema-engine-wasm/schema_engine_bg")
    .replace(/\.js$/, ".wasm");
  const module = new WebAssembly.Module(readFileSync(path));
  const { exports } = new WebAssembly.Instance(module, { "./schema_engine_bg.js": bindings });
  (bindings as Bindings).__wbg_set_wasm(exports);
  (exports as { __wbindgen_start(): void }).__wbindgen_start();
  isLoaded = true;
}

function migrationsList(migrations: readonly Migration[]) {
  return {
    baseDir: migrationsFolder,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok" as const, value: sql } },
    })),
  };
}
