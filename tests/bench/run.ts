/**
 * `npm run bench`: how fast Laurel's hot paths are, beside the least that Next can do on the same machine in the same
 * minute. docs/performance.md says how to read it.
 *
 * Every path is measured right after its floor, and the whole is done in rounds, so that what else the machine does falls
 * on both alike; the table shows medians of the rounds.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

import {
  cleanUp,
  findFreePort,
  makeTemporaryFolder,
  run,
  runForOutput,
  startServer,
  undoLater,
} from "#tests/bench/cleanup.ts";
import { clientApiPaths } from "#tests/bench/client-apis.ts";
import { createDatabase, type Floor, laurelPaths, memberToken, startLaurel } from "#tests/bench/laurel.ts";
import { lighthouseTable } from "#tests/bench/lighthouse.ts";
import { measure } from "#tests/bench/load.ts";
import { describeMachine, type Measured, table } from "#tests/bench/report.ts";
import { userApiPaths } from "#tests/bench/user-api.ts";
import { startIdentityProvider } from "#tests/support/identity-provider.ts";

const warmUpSeconds = 2;
const lighthouseOnly = "lighthouse";
const lighthouseRounds = 3;
const floorPaths: Record<Floor, string> = { handler: "/api/bare", page: "/page" };

const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => reject(new Error("Interrupted.")));
  }
});
try {
  await Promise.race([bench(), interrupted]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
await cleanUp();
process.exit(); // an interrupted bench may still be waiting for an answer

async function bench(): Promise<void> {
  const options = readOptions();
  const { databaseUrl, rounds, seconds, only } = options;
  await build();
  const database = databaseUrl ? await createDatabase(databaseUrl) : null;
  const commandsTable = only === "" ? await benchCommands(options) : "";
  const provider = await startIdentityProvider();
  undoLater(() => provider.stop());
  const laurelUrl = await startLaurel(database?.url ?? "", provider);
  const databaseName = database ? `PostgreSQL ${database.version}` : "embedded (PGlite)";
  const floorUrl = await startServer("tests/bench/floor/serve.ts", floorPaths.page);
  const pagesTable = only === "" || only === lighthouseOnly ? await benchPages(laurelUrl, floorUrl) : "";
  if (only === lighthouseOnly) return console.log(`${describeMachine(databaseName)}\n\n${pagesTable}`);
  const paths = [
    ...(await userApiPaths(laurelUrl, provider)),
    ...clientApiPaths(laurelUrl),
    ...(await laurelPaths(laurelUrl)),
  ].filter(({ name }) => name.includes(only));
  const floorLoad = (floor: Floor) => ({ url: `${floorUrl}${floorPaths[floor]}` });

  console.error("Warming up …");
  for (const floor of ["handler", "page"] as const) {
    await measure(floorLoad(floor), { seconds: warmUpSeconds });
  }
  for (const { prepare } of paths) {
    const { load, requests } = await prepare(warmUpSeconds);
    await measure(load, requests ? { requests } : { seconds: warmUpSeconds });
  }

  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const { name, floor, prepare } of paths) {
      console.error(`Round ${round} of ${rounds}: ${name}`);
      const { load, requests } = await prepare(seconds);
      const floorSample = await measure(floorLoad(floor), { seconds });
      const sample = await measure(load, requests ? { requests } : { seconds });
      measured.push({ name, floor, sample, floorSample });
    }
  }
  const tables = [table(measured), commandsTable, pagesTable].filter((each) => each !== "");
  console.log([describeMachine(databaseName), ...tables].join("\n\n"));
}

/** What Lighthouse says of a member's pages. */
async function benchPages(laurelUrl: string, floorUrl: string): Promise<string> {
  const urls = { laurelUrl, floorUrl: `${floorUrl}${floorPaths.page}` };
  const sessionToken = await memberToken(laurelUrl);
  return lighthouseTable(
    { ...urls, sessionToken },
    { rounds: lighthouseRounds, debuggingPort: await findFreePort() },
  );
}

/** The commands, called in a process of their own; their table. */
async function benchCommands({ databaseUrl, rounds, seconds, history }: Options): Promise<string> {
  console.error("Commands …");
  const commandsDatabase = databaseUrl ? await createDatabase(databaseUrl) : null;
  return runForOutput(
    "tests/bench/commands.ts",
    ["--rounds", String(rounds), "--seconds", String(seconds), "--history", String(history)],
    {
      DATABASE_URL: commandsDatabase?.url ?? "",
      LAUREL_DATA_DIR: makeTemporaryFolder(),
      LAUREL_SECRET: randomBytes(32).toString("base64url"),
      LOG_LEVEL: "silent",
    },
  );
}

type Options = ReturnType<typeof readOptions>;

/** `only`: just the paths whose name contains it, and no commands; `lighthouse` is what a browser makes of the pages. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      database: { type: "string" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "6" },
      history: { type: "string", default: "100000" },
      only: { type: "string", default: "" },
    },
  });
  const [rounds, seconds, history] = [values.rounds, values.seconds, values.history].map(Number);
  if (!(rounds && seconds && history)) {
    throw new Error("--rounds, --seconds and --history are numbers from 1.");
  }
  return { databaseUrl: values.database, rounds, seconds, history, only: values.only };
}

/** Builds what is not built yet; a build of older sources is the caller's to renew. */
async function build(): Promise<void> {
  if (!existsSync(".next/BUILD_ID")) {
    console.error("Building Laurel …");
    await run("npm", ["run", "--silent", "build"]);
  }
  if (!existsSync("tests/bench/floor/.next/BUILD_ID")) {
    console.error("Building the floor …");
    await run(process.execPath, ["node_modules/next/dist/bin/next", "build", "tests/bench/floor"]);
  }
}
