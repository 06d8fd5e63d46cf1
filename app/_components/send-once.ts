/** What became of a call: its answer, a refusal by its code, or nothing heard (`lost`), after which it can be sent again. */
export type Sent<Data> = { data: Data } | { refusal: string };

/** A key for one thing that is to happen once, made before the first try and sent with each. */
export function newOnceKey(): string {
  return crypto.randomUUID();
}

/** Sends a change to Laurel. With the same key it happens once, however often it is sent. */
export async function sendOnce<Data>(path: string, onceKey: string, body: object): Promise<Sent<Data>> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": onceKey },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { status: string; data: Data; code?: string };
    return answer.status === "success" ? { data: answer.data } : { refusal: answer.code ?? "lost" };
  } catch {
    return { refusal: "lost" };
  }
}
