/**
 * What a run leaves behind, and takes away again: processes, folders, a database. However the run ends, `cleanUp` undoes
 * the last first, and from then on nothing new begins.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const readyWithinMs = 60_000;
const stopWithinMs = 15_000;

const undoings: (() => unknown)[] = [];
let isCleaning = false;

/** Say how to undo something before you begin it. */
export function undoLater(undo: () => unknown): void {
  if (isCleaning) throw new Error("The bench is being stopped.");
  undoings.push(undo);
}

export async function cleanUp(): Promise<void> {
  isCleaning = true;
  for (let undo = undoings.pop(); undo; undo = undoings.pop()) {
    try {
      await undo();
    } catch (error) {
      console.error("Something was left behind:", error);
    }
  }
}

export function makeTemporaryFolder(): string {
  let folder: string | undefined;
  undoLater(() => folder && rmSync(folder, { recursive: true, force: true }));
  folder = mkdtempSync(join(tmpdir(), "laurel-bench-"));
  return folder;
}

/** Runs a command to its end. */
export async function run(command: string, args: string[]): Promise<void> {
  const child = start(command, args, {});
  const code = await new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed.`);
}

/** Runs a file of ours to its end; what it wrote on stdout. */
export async function runForOutput(
  file: string,
  args: string[],
  env: Record<string, string>,
): Promise<string> {
  const child = start(process.execPath, [file, ...args], env, "pipe");
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  if (code !== 0) throw new Error(`${file} failed.`);
  return output;
}

/** Starts a web server of ours in a process of its own; answers with its address when `path` answers 200. */
export async function startServer(
  file: string,
  path: string,
  env: Record<string, string> = {},
): Promise<string> {
  const port = await findFreePort();
  const child = start(process.execPath, [file], { NODE_ENV: "production", PORT: String(port), ...env });
  const url = `http://127.0.0.1:${port}`;
  const giveUpAtMs = performance.now() + readyWithinMs;
  while (!(await answersWell(`${url}${path}`))) {
    if (hasEnded(child)) throw new Error(`${file} stopped before it answered.`);
    if (performance.now() > giveUpAtMs) throw new Error(`${file} does not answer.`);
    await sleep(100);
  }
  return url;
}

function start(
  command: string,
  args: string[],
  env: Record<string, string>,
  stdout: "ignore" | "pipe" = "ignore",
): ChildProcess {
  let child: ChildProcess | undefined;
  undoLater(() => child && stop(child));
  // A process group of its own: Ctrl-C reaches the bench alone, which then stops the group, grandchildren too.
  child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", stdout, "inherit"],
    env: { ...process.env, ...env },
  });
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  signalGroup(child, "SIGTERM");
  const kill = setTimeout(() => signalGroup(child, "SIGKILL"), stopWithinMs);
  await ended;
  clearTimeout(kill);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function answersWell(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
