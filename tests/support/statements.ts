/** What a test file asks its database, by either way there is: through Prisma, and straight from the driver. */
import { vi } from "vitest";

import { db } from "#lib/db/client.ts";

type OpenDatabase = { ask(text: string, values: unknown[]): Promise<unknown> };

function openDatabase(): OpenDatabase {
  return (globalThis as unknown as { laurelDatabase: OpenDatabase }).laurelDatabase;
}

/** Counts from now on; `sent` is how many it were so far, and may be set back. */
export function statementCounter(): { sent: number } {
  const counted = { sent: 0 };
  const client = db() as unknown as { $on(event: "query", listener: () => void): void };
  client.$on("query", () => {
    counted.sent += 1;
  });
  const database = openDatabase();
  const ask = database.ask.bind(database);
  database.ask = (...statement) => {
    counted.sent += 1;
    return ask(...statement);
  };
  return counted;
}

/** As if the database were away, until `vi.restoreAllMocks()`. */
export function takeDatabaseAway(): void {
  const gone = Object.assign(new Error("Gone."), { code: "ECONNREFUSED" });
  vi.spyOn(db(), "$queryRaw").mockRejectedValue(gone as never);
  vi.spyOn(openDatabase(), "ask").mockRejectedValue(gone);
}
