/**
 * One call from a server of the demo to Laurel.
 *
 * The demo's names end in .localhost, which a browser knows but a server may not: so this connects to 127.0.0.1 and says
 * the name as Host. Against a real address, `fetch` does the same in three lines (see the README).
 */
import { request } from "node:http";

export type LaurelAddress = { host: string; port: number };

export type LaurelCall = {
  method: "POST" | "DELETE";
  path: string;
  headers: Readonly<Record<string, string>>;
  payload: object;
};

export type LaurelAnswer = { status: number; body: unknown };

const answersWithinMs = 5_000; // somebody is waiting for the page that needs it

/** What Laurel answered, whatever its status. Throws where nothing was heard in time, or nothing that can be read. */
export function callLaurel(
  { host, port }: LaurelAddress,
  { method, path, headers, payload }: LaurelCall,
): Promise<LaurelAnswer> {
  const body = JSON.stringify(payload);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port, method, path, signal: AbortSignal.timeout(answersWithinMs) },
        headers: {
          Host: `${host}:${port}`,
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body), // Node sends a DELETE's body only by its length
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
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
    outgoing.end(body);
  });
}

/** The code by which a refusal is known; null where the answer is none. */
export function refusalCodeOf({ status, body }: LaurelAnswer): string | null {
  if (status === 200) return null;
  return (body as { code?: string } | null)?.code ?? `status ${status}`;
}
