import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";

import { findRoute, routeTemplates } from "#lib/http/route-table.ts";

// Goal: the table of routes and the files in app/ say the same, so that nothing answers unseen.

const files = readdirSync("app", { recursive: true, encoding: "utf8" }).filter((file) =>
  /(^|\/)(page(\.dev)?\.tsx|route\.ts)$/.test(file),
);

test("every page and handler has a line in the table, and every line a file", () => {
  expect(files.length).toBeGreaterThan(10);
  const ownFiles = files.filter((file) => !isCatchAll(file));
  const inCatchAll = files.filter(isCatchAll).flatMap(templatesUnder);
  expect([...ownFiles.map(templateOf), ...inCatchAll].sort()).toEqual([...routeTemplates].sort());
});

test("what is for development alone is in a file that no build takes, and only that", () => {
  const developersFiles = files.filter((file) => file.endsWith(".dev.tsx"));
  expect(developersFiles.length).toBeGreaterThan(0);
  expect(developersFiles.map(templateOf).toSorted()).toEqual(
    routeTemplates.filter((template) => findRoute(template)?.isForDevelopment).toSorted(),
  );
});

test("a catch-all file has addresses in the table, and none of another file's", () => {
  expect(files.filter(isCatchAll).map(templatesUnder)).toEqual([expect.arrayContaining(["/api/auth/csrf"])]);
  expect(files.filter(isCatchAll).flatMap(templatesUnder)).not.toContain("/api/auth/activate");
});

test.each(files.filter((file) => file.endsWith("route.ts")))(
  "%s exports the methods the table names",
  (file) => {
    const source = readFileSync(`app/${file}`, "utf8");
    const exported = [...source.matchAll(/^export (?:const|function|async function) ([A-Z]+)\b/gm)].map(
      ([, name]) => name,
    );
    const templates = isCatchAll(file) ? templatesUnder(file) : [templateOf(file)];
    const methods = [...new Set(templates.flatMap((template) => findRoute(template)?.methods ?? []))];
    const kind = findRoute(templates[0] ?? "")?.kind;
    // HEAD is answered by GET where a route has none of its own, and a preflight of the user API by the start script.
    const isAnsweredForIt = (method: string) =>
      (method === "HEAD" && !exported.includes("HEAD")) || (method === "OPTIONS" && kind === "userApi");
    const own = methods.filter((method) => !isAnsweredForIt(method));
    expect([...own].sort()).toEqual(exported.sort());
  },
);

test("what varies in a path matches one segment of it", () => {
  expect(findRoute("/rewards/abc")?.template).toBe("/rewards/{rewardId}");
  expect(findRoute("/rewards/a/b")).toBeNull();
  expect(findRoute("/Rewards")).toBeNull();
  expect(findRoute("/v1/users/abc")?.template).toBe("/v1/users/{id}");
  expect(findRoute("/v1/users/me")?.template).toBe("/v1/users/me");
  expect(findRoute("/v1/openapiXjson")).toBeNull();
  expect(findRoute("/api/acme/member/abc")?.template).toBe("/api/{storeCode}/member/{member}");
});

test("what is below Laurel's own folders is no store's", () => {
  for (const folder of ["admin", "auth", "health", "session", "token"]) {
    expect(findRoute(`/api/${folder}/member/abc`)).toBeNull();
  }
});

function isCatchAll(file: string): boolean {
  return file.includes("[...");
}

/** The table's addresses that a catch-all file answers: those below it that no other file has. */
function templatesUnder(file: string): string[] {
  const folder = `/${file.slice(0, file.indexOf("/[..."))}/`;
  const taken = new Set(files.filter((other) => !isCatchAll(other)).map(templateOf));
  return routeTemplates.filter((template) => template.startsWith(folder) && !taken.has(template));
}

function templateOf(file: string): string {
  const path = dirname(file)
    .replaceAll(/\([^)]+\)\/?/g, "")
    .replaceAll(/\[(\w+)\]/g, "{$1}")
    .replace(/\/$|^\.$/, "");
  return `/${path}`;
}
