/** Logs: JSON lines on stdout. No token, cookie, key, e-mail, path or query goes in here. */
import { pino } from "pino";

import { env } from "#lib/config/env.ts";

const shared = globalThis as typeof globalThis & { laurelLog?: pino.Logger };

export function log(): pino.Logger {
  shared.laurelLog ??= pino({
    level: env().LOG_LEVEL,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  return shared.laurelLog;
}

/** An error for the log: its kind, code and place. Values that a database quotes in its messages are left out. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: "unknown" };
  const { code } = error as { code?: unknown };
  const message = error.message
    .split("\n")
    .at(-1)
    ?.replaceAll(/\(.*?\)|".*?"|'.*?'/g, "…")
    .slice(0, 300);
  const frames = error.stack
    ?.split("\n")
    .filter((line) => line.trimStart().startsWith("at "))
    .slice(0, 12);
  return { name: error.name, ...(code === undefined ? {} : { code }), message, at: frames };
}
