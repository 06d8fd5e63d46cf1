/**
 * `npm run demo`: builds Laurel if its sources changed, gives it a programme with some past, and starts it beside the
 * host shop. Ctrl-C stops all of it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";

import { createShop } from "./shop/server.ts";

const laurelPort = Number(process.env.DEMO_LAUREL_PORT ?? 3000);
const shopPort = Number(process.env.DEMO_SHOP_PORT ?? 4000);
const dataFolder = process.env.DEMO_DATA_DIR ?? ".data/demo";
// The secrets of demo/programme.json, as the shop's server and its till would have them from their environment.
const secrets = {
  clientId: "demo-shop-client-id-for-this-computer-only",
  apiKey: "demo-shop-api-key-for-this-computer-only",
  purchaseSecret: "demo-purchase-event-secret-for-this-computer",
};
const tillApiKey = "demo-till-api-key-for-this-computer-only";

const children = new Set<ChildProcess>();

process.on("SIGINT", () => stop(0));
process.on("SIGTERM", () => stop(0));

await build();
mkdirSync(dataFolder, { recursive: true });
const programmeFile = join(dataFolder, "programme.json");
writeFileSync(programmeFile, programmeOnThesePorts());
await run("Setting up the programme", ["prisma/seed.ts", programmeFile]);

const laurel = start(["lib/server/start.ts"], { PORT: String(laurelPort) });
laurel.once("exit", (code) => {
  console.error(`Laurel stopped (${code}).`);
  stop(1);
});
await untilLaurelAnswers();
createShop({
  laurelPort,
  secrets,
  tillApiKey,
  foreignHost: "rewards.localhost",
  sharedHost: "rewards.acme.localhost",
  sharedDomain: "acme.localhost",
})
  .on("error", (error) => {
    console.error(
      `The shop cannot start on port ${shopPort}: ${error.message}. Set DEMO_SHOP_PORT to another one.`,
    );
    stop(1);
  })
  .listen(shopPort);
console.log(`
  The demo is running.

  A shop, with its rewards in a frame   http://shop.localhost:${shopPort}
    on the same site as Laurel           http://www.acme.localhost:${shopPort}
    sign in as Ada, Ben or Chloé; no password. Buy something there, and watch the points come.
  The till, where vouchers are used up   http://shop.localhost:${shopPort}/till
  Laurel itself                          http://rewards.localhost:${laurelPort}
    its API reference                    http://rewards.localhost:${laurelPort}/docs

  Ctrl-C stops it.
`);

/** The build is made anew when a source is another than at the last one. */
async function build(): Promise<void> {
  const stampFile = ".next/sources.sha256";
  const stamp = hashOfSources();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  console.log("Building …");
  await finished(
    spawn("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] }),
    "The build",
  );
  writeFileSync(stampFile, stamp);
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  const folders = ["app", "lib", "public", "prisma"];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("generated"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [...files, "package-lock.json", "next.config.js"].sort()) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function programmeOnThesePorts(): string {
  return readFileSync(new URL("programme.json", import.meta.url), "utf8")
    .replaceAll("localhost:3000", `localhost:${laurelPort}`)
    .replaceAll("localhost:4000", `localhost:${shopPort}`);
}

async function run(what: string, args: string[]): Promise<void> {
  console.log(`${what} …`);
  await finished(start(args, {}), what);
}

function start(args: string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, LAUREL_DATA_DIR: dataFolder, LAUREL_PROVISION: "", DATABASE_URL: "", ...env },
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

function finished(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      if (code === 0) return resolve();
      console.error(`${what} failed.`);
      stop(1);
    });
  });
}

async function untilLaurelAnswers(): Promise<void> {
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 100));
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port: laurelPort, path: "/api/health/ready" }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });
}

function stop(exitCode: number): void {
  const running = [...children];
  for (const child of running) {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
  }
  const gone = running.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  void Promise.all(gone).then(() => process.exit(exitCode));
}
