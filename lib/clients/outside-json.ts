/** A JSON document from an address that somebody outside chose, under all that outside-request.ts promises. */
import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { requestOutside } from "#lib/clients/outside-request.ts";

/** Throws an OutsideFailure unless the whole document has come in time, under status 200, and is JSON. */
export async function fetchOutsideJson(
  url: string,
  limits: { bytesMax: number; timeoutMs: number },
): Promise<unknown> {
  const headers = { Accept: "application/json" };
  const { body } = await requestOutside(url, {
    method: "GET",
    headers,
    body: null,
    statusesTaken: [200],
    ...limits,
  });
  return parseJson(body);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new OutsideFailure("not_json", "The answer is not JSON in UTF-8."); // the cause would quote the answer
  }
}
