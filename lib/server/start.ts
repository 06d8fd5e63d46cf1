/**
 * `npm start`: opens the database, applies what LAUREL_PROVISION names, serves, and stops gracefully. `--dev` serves the
 * sources as they are edited.
 */
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { format } from "node:util";
import next from "next";

import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { env } from "#lib/config/env.ts";
import { describeError, log } from "#lib/config/log.ts";
import { tidyDatabase } from "#lib/db/tidy.ts";
import { sweepUnconfirmed } from "#lib/domain/accounts/erase-unconfirmed.ts";
import { sweepWallets } from "#lib/domain/ledger/settle-wallet.ts";
import { deliverMails } from "#lib/domain/mail/deliver-mails.ts";
import { sweepMails } from "#lib/domain/mail/sweep-mails.ts";
import { sweepKeys } from "#lib/domain/once.ts";
import { applyProgramme } from "#lib/domain/programme/apply-programme.ts";
import { sweepSessions } from "#lib/domain/sessions/sweep-sessions.ts";
import { sweepSignIn } from "#lib/domain/sign-in/sweep-sign-in.ts";
import { sweepRefreshTokens } from "#lib/domain/token-pairs/token-pair.ts";
import { serveCommands } from "#lib/server/control-socket.ts";
import { writePrivateFile } from "#lib/server/data-folder.ts";
import { createHttpServer } from "#lib/server/http-server.ts";
import { loadEnvFile, type Opened, open } from "#lib/server/open.ts";
import { loadUserApi } from "#lib/server/user-api.ts";

const stopWithinMs = 10_000;
const sweepEveryMs = 600_000;
const settleEveryMs = 60_000;
const deliverEveryMs = 5_000;
const tidyEveryMs = 60_000;
const isDevelopment = process.argv.includes("--dev");

Object.assign(process.env, { NODE_ENV: isDevelopment ? "development" : "production" });

try {
  await start();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  loadEnvFile();
  if (!isDevelopment) logWhatLibrariesPrint();
  const { PORT, LAUREL_DATA_DIR } = env();
  const opened = await open();
  if (!opened) {
    throw new ConfigurationError(
      `Another process has the data folder ${LAUREL_DATA_DIR}. Stop it, or set LAUREL_DATA_DIR to another folder.`,
    );
  }
  if (opened.isEmbedded) await serveCommands(opened.dataFolder);
  await provisionAtStart(opened);

  const app = next({ dev: isDevelopment, port: PORT, hostname: "localhost" });
  await app.prepare();
  const userApi = isDevelopment ? null : await loadUserApi();
  const server = createHttpServer({ byNext: app.getRequestHandler(), userApi }, isDevelopment);
  await listen(server, PORT);
  const { port } = server.address() as AddressInfo;
  log().info({ port }, "listening");

  const timers = [
    everyMs(sweepEveryMs, "sweeping sessions", sweepSessions),
    everyMs(sweepEveryMs, "sweeping links", sweepSignIn),
    everyMs(sweepEveryMs, "sweeping accounts", sweepUnconfirmed),
    everyMs(sweepEveryMs, "sweeping keys", sweepKeys),
    everyMs(sweepEveryMs, "sweeping refresh tokens", sweepRefreshTokens),
    everyMs(sweepEveryMs, "sweeping mails", sweepMails),
    everyMs(settleEveryMs, "settling", sweepWallets),
    everyMs(deliverEveryMs, "delivering mail", deliverMails),
  ];
  if (opened.isEmbedded) timers.push(everyMs(tidyEveryMs, "tidying", tidyDatabase)); // a server does it by itself
  stopOnSignals(server, opened, timers);
}

/** Work in the background; a round that fails is told, and the next one comes all the same. */
function everyMs(intervalMs: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout {
  let isRunning = false;
  return setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    work()
      .catch((error: unknown) => log().warn({ error: describeError(error) }, `${what} failed`))
      .finally(() => {
        isRunning = false;
      });
  }, intervalMs);
}

/** Next prints for a person at a terminal; the log is one of JSON lines, and a line of it is no place for a long text. */
function logWhatLibrariesPrint(): void {
  const firstLine = (values: unknown[]) =>
    format(...values)
      .split("\n")[0]
      ?.slice(0, 300);
  const print =
    (level: "info" | "warn" | "error") =>
    (...values: unknown[]) => {
      log()[level]({ from: "library" }, firstLine(values));
    };
  Object.assign(console, {
    log: print("info"),
    info: print("info"),
    warn: print("warn"),
    error: print("error"),
  });
}

async function provisionAtStart({ dataFolder }: Opened): Promise<void> {
  const { LAUREL_PROVISION } = env();
  if (!LAUREL_PROVISION) return;

  let fileText: string;
  try {
    fileText = readFileSync(LAUREL_PROVISION, "utf8");
  } catch {
    throw new ConfigurationError(`LAUREL_PROVISION names ${LAUREL_PROVISION}, which cannot be read.`);
  }
  const { madeSecrets } = await applyProgramme(fileText);
  if (madeSecrets.length === 0) return;

  // The log is read by many; a secret is for one.
  const lines = madeSecrets.map(({ what, secret }) => `${what}: ${secret}\n`);
  const path = writePrivateFile(dataFolder, `made-secrets-${Date.now()}.txt`, lines.join(""));
  log().info({ path }, "secrets that the programme file left out were made; read them, then delete the file");
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        isTaken ? new ConfigurationError(`Port ${port} is taken. Stop what has it, or set PORT.`) : error,
      );
    });
    server.listen(port, resolve);
  });
}

/** Stops taking requests, finishes those that run, closes the database, and goes. */
function stopOnSignals(server: Server, opened: Opened, timers: readonly NodeJS.Timeout[]): void {
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log().info({ signal }, "stopping");
    for (const timer of timers) clearInterval(timer);
    const finish = () => {
      opened.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    server.close(finish);
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), stopWithinMs).unref();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
