/** A clock that stands still until a test moves it, and runs again after each test of the file that imports this. */
import { afterEach, vi } from "vitest";

import { addSeconds } from "#lib/config/clock.ts";

export const start = new Date("2027-03-10T10:00:00.000Z");

afterEach(() => {
  vi.useRealTimers();
});

/** It is `start` and stays so, until `moveTo`. */
export function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
}

/** So many days, and milliseconds, after `start`. */
export function moveTo(days: number, milliseconds = 0): void {
  vi.setSystemTime(addSeconds(start, days * 86_400).getTime() + milliseconds);
}
