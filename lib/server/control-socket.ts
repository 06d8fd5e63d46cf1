/**
 * How commands reach a running server that has the embedded database: a socket in the data folder, one JSON line each
 * way. Only its owner can open it.
 */
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join, relative } from "node:path";

import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { type CommandInput, type CommandOutput, runCommand } from "#lib/server/commands/commands.ts";

// sockaddr_un holds 108 bytes on Linux and 104 on macOS, one of them a NUL.
const socketPathBytesMax = 103;
const requestBytesMax = 64 * 1024 * 1024;

export async function serveCommands(folder: string): Promise<Server> {
  const path = socketPath(folder);
  rmSync(path, { force: true }); // a stale one; the folder's lock says that nobody listens
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > requestBytesMax) socket.destroy();
    });
    socket.on("end", () => {
      answer(text).then((output) => socket.end(JSON.stringify(output)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  server.unref();
  return server;
}

/** Runs a command in the process that has the folder. */
export async function sendCommand(folder: string, input: CommandInput): Promise<CommandOutput> {
  const path = socketPath(folder);
  const isBusy = `Another process has ${folder} and is starting or stopping. Try again in a moment.`;
  if (!existsSync(path)) throw new ConfigurationError(isBusy);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, allowHalfOpen: true });
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ECONNREFUSED" ? new ConfigurationError(isBusy) : error),
    );
    socket.on("connect", () => socket.end(JSON.stringify(input)));
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => {
      if (text === "") reject(new Error("The server stopped before the command was done."));
      else resolve(JSON.parse(text) as CommandOutput);
    });
  });
}

/** Never rejects: a command that broke off midway sent half a line. */
async function answer(text: string): Promise<CommandOutput> {
  try {
    return await runCommand(JSON.parse(text) as CommandInput);
  } catch (error) {
    return { lines: [error instanceof Error ? error.message : String(error)], exitCode: 1 };
  }
}

function socketPath(folder: string): string {
  const path = join(folder, "control.sock");
  const fromHere = relative(process.cwd(), path);
  const shorter = fromHere.length < path.length ? fromHere : path;
  if (Buffer.byteLength(shorter) <= socketPathBytesMax) return shorter;
  throw new ConfigurationError(
    `The path of LAUREL_DATA_DIR is too long for a socket in it: ${folder}. Choose one of at most 90 characters.`,
  );
}
