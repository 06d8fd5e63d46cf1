/** `npm run db:migration -- <name>`: writes the SQL between the migrations and `prisma/schema.prisma` to a new one. */
import { mkdirSync, writeFileSync } from "node:fs";

import { missingMigrationSql } from "#lib/db/migrations.ts";
import { migrationsFolder } from "#lib/db/schema-engine.ts";

const name = process.argv[2];
if (!name || !/^[a-z0-9_]{1,60}$/.test(name)) {
  console.error("Say what the migration does: npm run db:migration -- add_point_lots");
  process.exit(1);
}

const sql = await missingMigrationSql();
if (!sql) {
  console.log("The migrations and prisma/schema.prisma agree: there is nothing to write.");
} else {
  const timestamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = `${migrationsFolder}/${timestamp}_${name}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/migration.sql`, sql);
  console.log(
    `${folder}/migration.sql is written. Add its constraints by hand; it is applied at the next start.`,
  );
}
