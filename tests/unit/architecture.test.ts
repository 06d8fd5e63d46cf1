import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

// Goal: imports point one way, and each package that guards the door has one keeper.
// Method: read every import in the product's files; the two tables below are the architecture.

// What each layer may import of ours, besides itself. The demo is an outsider: it speaks HTTP.
const mayImport: Record<string, readonly string[]> = {
  app: ["lib/http", "lib/domain"],
  "lib/server": ["lib/http", "lib/domain", "lib/db", "lib/config"],
  "lib/http": ["lib/domain", "lib/config"],
  "lib/domain": ["lib/db", "lib/clients", "lib/config"],
  "lib/db": ["lib/config"],
  "lib/clients": ["lib/config"],
  "lib/config": [],
  demo: [],
};

// Who alone in app and lib may import a package. The demo plays the other side, with its own keys.
const keepers: Record<string, readonly string[]> = {
  "@prisma": ["lib/db/"],
  pg: ["lib/db/"],
  "@electric-sql/pglite": ["lib/db/", "lib/server/data-folder.ts"],
  "iron-session": ["lib/http/session-cookie.ts"],
  jose: ["lib/domain/tokens/"],
  "next-auth": ["lib/http/interactive-login.ts"],
  oauth4webapi: ["lib/clients/identity-server.ts"],
  nodemailer: ["lib/clients/mail.ts"],
};

// Single imports that a layer may make beside the table, each with its reason.
const exceptions = [
  // Which errors mean that the database is away is the adapters' knowledge; saying it is the border's task.
  { from: "lib/http/answer-errors.ts", to: "lib/db/database-down.ts" },
];

const layers = Object.keys(mayImport);
const imports = layers.flatMap(filesOf).flatMap(importsOf);

test("the reader of imports sees the imports it is meant to see", () => {
  expect(imports).toContainEqual({ from: "app/api/auth/route.ts", to: "lib/http/api-route.ts" });
  expect(imports).toContainEqual({ from: "lib/db/members.ts", to: "lib/db/client.ts" });
  expect(imports).toContainEqual({ from: "demo/shop/server.ts", to: "demo/shop/laurel.ts" });
});

test("every folder of lib is a layer with a line in the table", () => {
  const folders = readdirSync("lib").map((name) => `lib/${name}`);
  expect(folders.filter((folder) => !layers.includes(folder))).toEqual([]);
});

test.each(Object.entries(mayImport))("%s imports only itself and %j", (layer, others) => {
  const ours = ["app/", "lib/", "demo/", "tests/", "prisma/"];
  const strays = imports
    .filter(({ from }) => isIn(from, layer))
    .filter(({ to }) => ours.some((folder) => to.startsWith(folder)))
    .filter(({ to }) => ![layer, ...others].some((allowed) => isIn(to, allowed)))
    .filter((stray) => !exceptions.some(({ from, to }) => from === stray.from && to === stray.to));
  expect(strays).toEqual([]);
});

test.each(Object.entries(keepers))("%s is imported by its keeper alone", (name, allowed) => {
  const strays = imports
    .filter(({ to }) => to === name || isIn(to, name))
    .filter(({ from }) => !isIn(from, "demo") && !allowed.some((keeper) => from.startsWith(keeper)));
  expect(strays).toEqual([]);
});

test("what runs in the browser takes no value from lib", () => {
  const clientFiles = filesOf("app").filter((file) => readFileSync(file, "utf8").startsWith('"use client"'));
  expect(clientFiles.length).toBeGreaterThan(0);
  for (const file of clientFiles) {
    const fromLib = readFileSync(file, "utf8").match(/^import (?!type\b).*"#lib\//gm);
    expect(fromLib, file).toBeNull();
  }
});

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function filesOf(layer: string): string[] {
  const names = existsSync(layer) ? readdirSync(layer, { recursive: true, encoding: "utf8" }) : [];
  return names
    .filter((name) => /\.tsx?$/.test(name) && !name.includes("generated/"))
    .map((name) => `${layer}/${name}`);
}

/** Every `from "x"`, `import "x"` and `import("x")` of a file; our own paths start at the root. */
function importsOf(from: string) {
  const source = readFileSync(from, "utf8");
  const specifiers = source.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g);
  return Array.from(specifiers, ([, specifier = ""]) => {
    if (specifier.startsWith(".")) return { from, to: posix.join(posix.dirname(from), specifier) };
    return { from, to: specifier.replace(/^#/, "") };
  });
}
