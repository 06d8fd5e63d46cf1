/**
 * `npm run provision -- FILE`, `npm run db:check` and `npm run keys:rotate`: in the running server where it has the embedded database, else in
 * this process.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

import { ConfigurationError } from "#lib/config/configuration-error.ts";
import { env } from "#lib/config/env.ts";
import { type CommandInput, type CommandOutput, runCommand } from "#lib/server/commands/commands.ts";
import { sendCommand } from "#lib/server/control-socket.ts";
import { loadEnvFile, open } from "#lib/server/open.ts";

try {
  loadEnvFile();
  const { lines, exitCode } = await run(await readInput());
  console.log(lines.join("\n"));
  process.exit(exitCode); // the schema engine leaves a timer behind
} catch (error) {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exit(1);
}

async function run(input: CommandInput): Promise<CommandOutput> {
  const opened = await open({ isPatient: true });
  if (!opened) return sendCommand(resolve(env().LAUREL_DATA_DIR), input);
  try {
    return await runCommand(input);
  } finally {
    await opened.close();
  }
}

async function readInput(): Promise<CommandInput> {
  const [command, file] = process.argv.slice(2);
  if (command === "db:check" || command === "keys:rotate") return { command };
  if (command === "provision" && file) return { command, fileText: await readProgrammeFile(file) };
  throw new ConfigurationError(
    "Say which file: npm run provision -- programme.json (or - for standard input).",
  );
}

async function readProgrammeFile(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : readFileSync(file, "utf8");
  } catch {
    throw new ConfigurationError(`The programme file ${file} cannot be read.`);
  }
}
