/**
 * Ends the session at this address and leaves the page for good; `fields` go along. "ended", or why not: the code of a problem
 * or refusal, or "failed".
 */
export async function endSession(
  address: "/api/session" | "/api/session/everywhere" | "/api/session/member",
  fields: Readonly<Record<string, string>> | null = null,
): Promise<string> {
  const sent = fields && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  try {
    const response = await fetch(address, { method: "DELETE", ...sent });
    const { data, code } = (await response.json()) as {
      data?: { redirectTo?: string | null; problems?: Record<string, string> };
      code?: string;
    };
    if (!response.ok) return Object.values(data?.problems ?? {})[0] ?? code ?? "failed";
    location.replace(data?.redirectTo ?? "/signed-out");
    return "ended";
  } catch {
    return "failed";
  }
}
