import { askInAllTabs } from "#app/_components/session-tabs.ts";
import { forgetOfflineCopy } from "#app/_pwa/forget-offline-copy.ts";

let leaving = false;

/** Whether this page is on its way to another one, because its session was ended here: then nothing else leads it away. */
export function isLeaving(): boolean {
  return leaving;
}

/**
 * Ends the session at this address and leaves the page for good; `fields` go along. `next`: where to instead of where signing
 * out leads, in the whole window, as no frame shows a sign-in page. "ended", or why not: the code of a problem or refusal, or
 * "failed".
 */
export async function endSession(
  address: "/api/session" | "/api/session/everywhere" | "/api/session/member",
  fields: Readonly<Record<string, string>> | null = null,
  next: string | null = null,
): Promise<string> {
  const sent = fields && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  setLeaving(true);
  try {
    await forgetOfflineCopy();
    const response = await fetch(address, { method: "DELETE", ...sent });
    const { data, code } = (await response.json()) as {
      data?: { redirectTo?: string | null; problems?: Record<string, string> };
      code?: string;
    };
    if (response.ok) {
      await forgetOfflineCopy(); // another tab may have asked for one while this one's answer was on its way
      askInAllTabs();
      if (next !== null) open(next, "_top");
      else location.replace(data?.redirectTo ?? "/signed-out");
      return "ended";
    }
    setLeaving(false);
    return Object.values(data?.problems ?? {})[0] ?? code ?? "failed";
  } catch {
    setLeaving(false);
    return "failed";
  }
}

/** Until the page has gone: should it come back out of the browser's memory, it is a page like any. */
function setLeaving(isNow: boolean): void {
  leaving = isNow;
  if (isNow) addEventListener("pagehide", () => setLeaving(false), { once: true });
}
