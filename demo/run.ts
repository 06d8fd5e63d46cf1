/**
 * `npm run demo`: builds Laurel if its sources changed, gives it three programmes, one with some past, and starts it
 * beside a host shop and an identity server. Ctrl-C stops all of it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import { join } from "node:path";

import { createIdentityServer } from "./identity-server/server.ts";
import { createShop } from "./shop/server.ts";

const laurelPort = Number(process.env.DEMO_LAUREL_PORT ?? 3000);
const shopPort = Number(process.env.DEMO_SHOP_PORT ?? 4000);
const identityPort = Number(process.env.DEMO_IDENTITY_PORT ?? 4001);
const dataFolder = process.env.DEMO_DATA_DIR ?? ".data/demo";
// The secrets of demo/programme.json, as the shop's server and its till would have them from their environment.
const secrets = {
  clientId: "demo-shop-client-id-for-this-computer-only",
  apiKey: "demo-shop-api-key-for-this-computer-only",
  purchaseSecret: "demo-purchase-event-secret-for-this-computer",
};
const tillApiKey = "demo-till-api-key-for-this-computer-only";
const club = {
  name: "Demo Club",
  url: `http://club.localhost:${laurelPort}`,
  clientId: "laurel-club",
  clientSecret: "demo-club-client-secret-for-this-computer-only",
};
const ownProgrammeFile = "docs/examples/own-programme.json";
const ownProgramme = {
  name: "Your programme",
  url: `http://own.localhost:${laurelPort}`,
  clientId: "laurel-own",
  clientSecret: "demo-own-client-secret-for-this-computer-only",
  note: `Your programme is there once ${ownProgrammeFile} is applied; the terminal of the demo says how.`,
};

const children = new Set<ChildProcess>();
const servers = new Set<Server>();

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
const identityServer = createIdentityServer({
  port: identityPort,
  keysFile: join(dataFolder, "identity-server-keys.json"),
  clients: [club, ownProgramme],
});
await listen(identityServer, identityPort, "The identity server", "DEMO_IDENTITY_PORT");
const shop = createShop({
  laurelPort,
  secrets,
  tillApiKey,
  outboxFolder: join(dataFolder, "outbox"),
  foreignHost: "rewards.localhost",
  sharedHost: "rewards.acme.localhost",
  sharedDomain: "acme.localhost",
});
await listen(shop, shopPort, "The shop", "DEMO_SHOP_PORT");
console.log(`
  The demo is running.

  A shop, with its rewards in a frame    http://shop.localhost:${shopPort}
    on the same site as Laurel           http://www.acme.localhost:${shopPort}
    sign in as Ada, Ben or Chloé; no password. Buy something there, and watch the points come.
  The till, where vouchers are used up   http://shop.localhost:${shopPort}/till
  Its rewards in a tab of their own      http://rewards.localhost:${laurelPort}
    their API reference                  http://rewards.localhost:${laurelPort}/docs

  A club, whose members sign in at the
  club's own identity server             ${club.url}
    as Dora, Emil (e-mail address not confirmed) or Fay; no password.
  The identity server, Demo ID           http://localhost:${identityPort}
    shows who is signed in there, and signs out everywhere.
  A programme of your own at Demo ID     ${ownProgramme.url}
    after: LAUREL_DATA_DIR=${dataFolder} npm run provision -- ${ownProgrammeFile}

  A bistro, with accounts at Laurel      http://bistro.localhost:${laurelPort}
    sign in as gus@demo.example with the password gus-has-soup-on-fridays, or sign up.
  The mailbox, where its mails arrive    http://shop.localhost:${shopPort}/mailbox

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
  const ports: Record<string, number> = { 3000: laurelPort, 4000: shopPort, 4001: identityPort };
  const programme = readFileSync(new URL("programme.json", import.meta.url), "utf8");
  return programme.replace(/(?<=localhost:)(?:3000|4000|4001)\b/g, (port) => String(ports[port]));
}

async function run(what: string, args: string[]): Promise<void> {
  console.log(`${what} …`);
  await finished(start(args, {}), what);
}

function start(args: string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      ...{ LAUREL_DATA_DIR: dataFolder, LAUREL_PROVISION: "", DATABASE_URL: "" },
      SMTP_URL: "", // its mails belong into the demo's mailbox
      ALLOW_LOOPBACK_URLS: "1", // its identity server runs on this computer
      ...env,
    },
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

function listen(server: Server, port: number, what: string, variable: string): Promise<void> {
  servers.add(server);
  return new Promise((resolve) => {
    server.on("error", (error) => {
      console.error(
        `${what} cannot start on port ${port}: ${error.message}. Set ${variable} to another one.`,
      );
      stop(1);
    });
    server.listen(port, resolve);
  });
}

function stop(exitCode: number): void {
  for (const server of servers) server.close();
  const running = [...children];
  for (const child of running) {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
  }
  const gone = running.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  void Promise.all(gone).then(() => process.exit(exitCode));
}
