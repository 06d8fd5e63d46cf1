/**
 * `npm test`: everything that CI runs, in order, from the format to the browser. Where a PostgreSQL server answers at
 * TEST_DATABASE_URL or on this computer, the integration suite runs on it too. Closes with a line `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

import { findChromium, howToGetChromium } from "#tests/support/find-chromium.ts";

type Step = {
  name: string;
  command: string[];
  env?: Record<string, string>;
  report?: "vitest" | "playwright";
};
type Count = { passed: number; failed: number };

if (!findChromium()) {
  console.error(howToGetChromium);
  process.exit(1);
}
const reports = mkdtempSync(join(tmpdir(), "laurel-reports-"));
const serverUrl = await findServer();
const onServer = serverUrl ? { TEST_DATABASE_URL: serverUrl } : {};
const vitest = (project: string) => ["vitest", "run", "--project", project];

const steps: Step[] = [
  { name: "generate", command: ["prisma", "generate"] },
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["npm", "run", "--silent", "types"] },
  { name: "unused code", command: ["knip"] },
  { name: "unit", command: vitest("unit"), report: "vitest" },
  { name: "integration on PGlite", command: vitest("integration"), report: "vitest" },
  ...(serverUrl
    ? [
        {
          name: "integration on PostgreSQL",
          command: vitest("integration"),
          env: onServer,
          report: "vitest" as const,
        },
      ]
    : []),
  { name: "build", command: ["npm", "run", "--silent", "build"] },
  { name: "the real server", command: vitest("http"), env: onServer, report: "vitest" },
  { name: "journeys in the browser", command: ["playwright", "test"], report: "playwright" },
];

const total: Count = { passed: 0, failed: 0 };
for (const step of steps) {
  const startedMs = performance.now();
  console.log(`\n── ${step.name}`);
  const { isGood, count } = await runStep(step);
  total.passed += count.passed;
  total.failed += count.failed;
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(`── ${step.name}: ${isGood ? "good" : "FAILED"} in ${seconds} s`);
  if (!isGood) break;
}
rmSync(reports, { recursive: true, force: true });
if (!serverUrl) console.log("\nNo PostgreSQL server answered, so the integration suite ran on PGlite alone.");
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

/** A step without tests of its own counts as one. */
async function runStep({
  name,
  command,
  env = {},
  report,
}: Step): Promise<{ isGood: boolean; count: Count }> {
  const file = join(reports, `${name.replaceAll(" ", "-")}.json`);
  const toFile =
    report === "vitest" ? ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`] : [];
  const exitCode = await run([...command, ...toFile], { ...env, LAUREL_TEST_REPORT: file });
  const isGood = exitCode === 0;
  if (!report || !existsSync(file))
    return { isGood, count: { passed: Number(isGood), failed: Number(!isGood) } };

  const count = countOf(JSON.parse(readFileSync(file, "utf8")), report);
  // A run that failed though no test did (an error outside of one) has failed all the same.
  return { isGood, count: isGood ? count : { ...count, failed: Math.max(1, count.failed) } };
}

function run([program = "", ...args]: string[], env: Record<string, string>): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.on("error", () => resolve(1));
    child.on("close", resolve);
  });
}

function countOf(json: unknown, report: "vitest" | "playwright"): Count {
  if (report === "vitest") {
    const { numPassedTests, numFailedTests } = json as { numPassedTests: number; numFailedTests: number };
    return { passed: numPassedTests, failed: numFailedTests };
  }
  const { stats } = json as { stats: { expected: number; unexpected: number; flaky: number } };
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
}

async function findServer(): Promise<string | null> {
  const url = process.env.TEST_DATABASE_URL || "postgres://postgres@127.0.0.1:5432/postgres";
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query("SELECT 1");
    return url;
  } catch (error) {
    if (process.env.TEST_DATABASE_URL) throw error; // named, and not there
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}
