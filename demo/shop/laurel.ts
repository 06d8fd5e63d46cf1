/**
 * All that a host needs on its server: one call that gets a session for a signed-in customer, and one that ends them.
 *
 * The demo's names end in .localhost, which a browser knows but a server may not: so this connects to 127.0.0.1 and says
 * the name as Host. Against a real address, `fetch` does the same in three lines (see the README).
 */
import { request } from "node:http";

import type { Person } from "./people.ts";

export type LaurelAddress = { host: string; port: number; clientId: string };

type Call = { status: number; body: unknown };

/** A session token for this person; made anew for each link, because a link works once. */
export async function mintSession(laurel: LaurelAddress, person: Person): Promise<string> {
  const { id, givenName, familyName, emailAddress } = person;
  const { status, body } = await call(laurel, "POST", {
    selector: { authIdentifier: id },
    profile: { givenName, familyName, emailAddress },
  });
  if (status !== 200) throw new Error(`Laurel answered ${status}: ${JSON.stringify(body)}`);
  return (body as { data: { session: string } }).data.session;
}

/** Signs a person out of the rewards, everywhere. */
export async function endSessions(laurel: LaurelAddress, person: Person): Promise<void> {
  const { status, body } = await call(laurel, "DELETE", { selector: { authIdentifier: person.id } });
  if (status !== 200) throw new Error(`Laurel answered ${status}: ${JSON.stringify(body)}`);
}

function call({ host, port, clientId }: LaurelAddress, method: string, payload: object): Promise<Call> {
  const body = JSON.stringify(payload);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port, method, path: "/api/auth", timeout: 5_000 },
        headers: {
          Host: `${host}:${port}`,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body), // Node sends a DELETE's body only by its length
          "X-Client-ID": clientId,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("Laurel did not answer in time.")));
    outgoing.end(body);
  });
}
