import { type Countdown, readClocks } from "#app/_components/countdown.ts";

/** How long before its end a session is told of. */
export const warnedMs = 60_000;

/** When a session ends if nothing happens, and whether staying would help. */
export type SessionEnd = { countdown: Countdown; canBeExtended: boolean };

/** "gone": somebody else is signed in, or nobody; "unheard": nothing can be said of the session, nor of the wallet. */
export type SessionAnswer = { end: SessionEnd; revision: string | null } | "gone" | "unheard";

type SessionJson = {
  authenticated: boolean;
  member: { id: string };
  expiresAt: string;
  idleExpiresAt: string | null;
  secondsRemaining: number;
};

const askWithinMs = 5_000;

/** Asks the server, which extends nothing. Only a clear "no" is one: a network or server that fails says nothing. */
export async function askSession(memberId: string): Promise<SessionAnswer> {
  const askedAt = readClocks(); // what the way takes is gone from what remains
  try {
    const response = await fetch("/api/session", {
      cache: "no-store",
      signal: AbortSignal.timeout(askWithinMs),
    });
    if (!response.ok) return "unheard";
    const { data } = (await response.json()) as { data: SessionJson };
    if (!data.authenticated || data.member.id !== memberId) return "gone";
    const countdown = { leftMs: data.secondsRemaining * 1_000, readAt: askedAt };
    return {
      end: { countdown, canBeExtended: canBeExtended(data) },
      revision: response.headers.get("X-Wallet-Revision"),
    };
  } catch {
    return "unheard";
  }
}

/**
 * Whether the idle limit comes first, and staying gains more than a warning's time: who stays for less would read the next
 * warning at once, and then in vain. Two moments of the server's are compared, none of the browser's.
 */
function canBeExtended({ expiresAt, idleExpiresAt }: SessionJson): boolean {
  return idleExpiresAt !== null && Date.parse(expiresAt) - Date.parse(idleExpiresAt) > warnedMs;
}
