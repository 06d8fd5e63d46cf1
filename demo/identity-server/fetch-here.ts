/**
 * The provider's `fetch`, for its one outgoing call: telling a client that somebody signed out (OpenID Connect
 * Back-Channel Logout 1.0).
 *
 * A client's name ends in .localhost, which a browser knows but a server may not: so this connects to 127.0.0.1 and says
 * the name as Host. The dispatcher that the provider hands in would refuse such an address, rightly anywhere but here.
 */
import { request } from "node:http";

/** Goes to this computer's own names alone. */
export async function fetchHere(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(String(input));
  if (!/^(.+\.)?localhost$/.test(url.hostname)) throw new Error(`${url.hostname} is not this computer.`);
  const body = String(init.body ?? "");
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port: url.port, path: `${url.pathname}${url.search}`, method: init.method },
        ...(init.signal ? { signal: init.signal } : {}),
        headers: {
          ...Object.fromEntries(new Headers(init.headers)),
          Host: url.host,
          "Content-Length": Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume(); // the provider reads the status, and no more
        resolve(new Response(null, { status: response.statusCode ?? 500 }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
