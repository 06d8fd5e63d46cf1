/** Ends the session at this address and leaves the page for good; false if that did not work. */
export async function endSession(
  address: "/api/session" | "/api/session/everywhere" | "/api/session/member",
): Promise<boolean> {
  try {
    const response = await fetch(address, { method: "DELETE" });
    if (!response.ok) return false;
    const { data } = (await response.json()) as { data: { redirectTo: string | null } };
    location.replace(data.redirectTo ?? "/signed-out");
    return true;
  } catch {
    return false;
  }
}
