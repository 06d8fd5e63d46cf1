import { Prisma } from "#lib/db/client.ts";

// What Prisma says when the server cannot be reached, does not answer in time, or closed the connection: its own codes,
// and the kinds of its driver adapters.
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
const connectionKinds = new Set([
  ...[
    "DatabaseNotReachable",
    "ConnectionClosed",
    "SocketTimeout",
    "TlsConnectionError",
    "TooManyConnections",
  ],
  ...["AuthenticationFailed", "DatabaseAccessDenied", "DatabaseDoesNotExist"],
]);

// PostgreSQL's classes: 08 connection exceptions, 28 it lets us in no more, 3D the database is gone, 53 insufficient
// resources, 57P an operator's shutdown, 57014 too slow.
const connectionSqlState = /^(?:08|28|3D|53|57P)|^57014$/;
const connectionErrno =
  /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|ERR_TLS_)/;
const connectionText =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|is not queryable|does not support SSL|PGlite is closed/i;

/** Whether an error says that the database cannot be reached, and nothing about the query. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    if (connectionCodes.has(error.code)) return true;
    const { kind, originalCode } = driverCause(error);
    if (connectionKinds.has(kind) || connectionSqlState.test(originalCode)) return true;
  }
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (connectionErrno.test(code) || connectionSqlState.test(code))) return true;
  return connectionText.test(error.message) || isDatabaseDown(error.cause);
}

/** What the driver saw: its kind of error, and PostgreSQL's own code; behind an error of Prisma's, or as its own. */
export function driverCause(error: unknown): { kind: string; originalCode: string } {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const meta = error.meta as
      | { driverAdapterError?: { cause?: { kind?: string; originalCode?: string } } }
      | undefined;
    const cause = meta?.driverAdapterError?.cause;
    return { kind: cause?.kind ?? "", originalCode: cause?.originalCode ?? "" };
  }
  const code = error instanceof Error && "code" in error ? error.code : "";
  return { kind: "", originalCode: typeof code === "string" ? code : "" };
}
