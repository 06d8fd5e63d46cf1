/**
 * What is left of a time that the server told, in seconds from its answer. The browser's own clocks only measure how long
 * ago that was: one of them stands still while the computer sleeps, the other can be set, so the one that went further counts.
 * What is shown may end too early by that, never too late; the next answer puts it right.
 */
export type Reading = { steadyMs: number; wallMs: number };
export type Countdown = { leftMs: number; readAt: Reading };

export function readClocks(): Reading {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

export function elapsedMs(since: Reading, at: Reading): number {
  return Math.max(at.steadyMs - since.steadyMs, at.wallMs - since.wallMs);
}

export function leftMsOf({ leftMs, readAt }: Countdown, at: Reading): number {
  return leftMs - elapsedMs(readAt, at);
}

/**
 * A further answer. It tells whole seconds, rounded down: where the countdown that is running is less than one ahead, both say
 * the same and it goes on, so that no second is shown twice or left out.
 */
export function toldAgain(running: Countdown | null, told: Countdown): Countdown {
  const aheadMs = running ? leftMsOf(running, told.readAt) - told.leftMs : 0;
  return running && aheadMs >= 0 && aheadMs < 1_000 ? running : told;
}
