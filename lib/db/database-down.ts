import { Prisma } from "#lib/db/client.ts";

// Prisma's codes for a server that cannot be reached, does not answer in time, or closed the connection.
const connectionCodes = new Set([
  "P1000",
  "P1001",
  "P1002",
  "P1003",
  "P1008",
  "P1010",
  "P1011",
  "P1017",
  "P2024",
  "P2028",
  "P2037",
]);

// PostgreSQL's classes: 08 connection exceptions, 53 insufficient resources, 57P an operator's shutdown.
const connectionSqlState = /^(08|53|57P|57014)/;
const connectionErrno = /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/;
const connectionText =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Query read timeout|statement timeout|PGlite is closed|Client has encountered a connection error/i;

/** Whether an error says that the database cannot be reached, and nothing about the query. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError && connectionCodes.has(error.code)) return true;

  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (connectionErrno.test(code) || connectionSqlState.test(code))) return true;
  if (connectionText.test(error.message) || connectionErrno.test(error.message)) return true;
  return isDatabaseDown(error.cause);
}
