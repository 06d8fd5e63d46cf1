/** The real server, as it was built, in a process of its own. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type LaurelServer = {
  port: number;
  dataFolder: string;
  process: ChildProcess;
  /** Every line it has written, to either stream. */
  output(): string;
  kill(): Promise<void>;
};

export type HttpAnswer = { status: number; headers: IncomingHttpHeaders; rawHeaders: string[]; text: string };
export type HttpCall = {
  method?: string;
  host?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
};

const running = new Set<ChildProcess>();
const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "laurel-"));
  folders.push(folder);
  return folder;
}

/** For the end of a test file: nothing that it started or wrote is left. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map(killProcess));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A programme file of one tenant or several. */
export function writeProgramme(folder: string, ...tenants: object[]): string {
  const file = join(folder, "programme.json");
  writeFileSync(file, JSON.stringify({ tenants }));
  return file;
}

/** Starts and waits until it listens; rejects with what it wrote where it does not. */
export async function startLaurel(env: Record<string, string>, ...options: "--dev"[]): Promise<LaurelServer> {
  const dataFolder = env.LAUREL_DATA_DIR ?? newFolder();
  const child = runNode(["lib/server/start.ts", ...options], {
    PORT: "0",
    LAUREL_DATA_DIR: dataFolder,
    ...env,
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.process.stdout.on("data", () => {
      const listening = /"port":(\d+),"msg":"listening"/.exec(child.output());
      if (listening) resolve(Number(listening[1]));
    });
    child.process.once("exit", (code) => reject(new Error(`It stopped with ${code}:\n${child.output()}`)));
  });
  return { ...child, port, dataFolder, kill: () => killProcess(child.process) };
}

/** A command of package.json's that runs TypeScript; the exit code and all it wrote. */
export async function runCommand(
  args: string[],
  env: Record<string, string>,
  input = "",
): Promise<{ code: number | null; output: string }> {
  const child = runNode(args, env);
  child.process.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.process.once("close", resolve));
  return { code, output: child.output() };
}

export function runNode(
  args: string[],
  env: Record<string, string>,
): { process: ChildProcessWithoutNullStreams; output(): string } {
  // Only what a test says: no variable of the machine's reaches the server.
  const variables = { PATH: process.env.PATH ?? "", ...env } as unknown as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, args, { env: variables });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      output += chunk;
    });
  }
  return { process: child, output: () => output };
}

/** One request; a Host of its own is what a name in the DNS would be. */
export function call(
  port: number,
  path: string,
  { method = "GET", host, headers = {}, body }: HttpCall = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        agent: false,
        headers: { Host: host ?? "rewards.localhost", ...headers },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          const { statusCode = 0, headers: received, rawHeaders } = response;
          resolve({ status: statusCode, headers: received, rawHeaders, text });
        });
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Bytes as they are, for what no HTTP client would send; the whole answer. */
export function callRaw(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    let text = "";
    socket.setEncoding("latin1");
    socket.setTimeout(15_000, () => socket.destroy(new Error("No answer came.")));
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text));
    socket.on("close", () => resolve(text));
    socket.on("error", (error) => (text ? resolve(text) : reject(error)));
    socket.write(`${[...lines, "Connection: close", "", ""].join("\r\n")}`, "latin1");
  });
}

async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
