import { askInAllTabs } from "#app/_components/session-tabs.ts";

const extendWithinMs = 5_000;

/** The person is still here. False where nobody heard it; what has become of the session, the next answer says. */
export async function extendSession(): Promise<boolean> {
  const response = await fetch("/api/session", {
    method: "POST",
    signal: AbortSignal.timeout(extendWithinMs),
  }).catch(() => null);
  askInAllTabs();
  return response !== null && (response.ok || response.status === 401);
}
