/**
 * The time, for everything that decides by it. SQL is given this time too and never asks the database for its own, so
 * that one request sees one clock.
 *
 * Under LAUREL_TEST_CLOCK a file holds the milliseconds to add, so that tests of lifetimes need not wait.
 */
import { readFileSync } from "node:fs";

import { env } from "#lib/config/env.ts";

const offsetReadEveryMs = 200;
let movedByMs = 0;
let offset = { milliseconds: 0, readAtMs: Number.NEGATIVE_INFINITY };

export function now(): Date {
  return new Date(Date.now() + testOffsetMs() + movedByMs);
}

/** For a process that makes a past, or looks at a future, by itself; a server never calls it. */
export function moveClock(milliseconds: number): void {
  movedByMs = milliseconds;
}

/** `instant` plus so many seconds. */
export function addSeconds(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000);
}

/** Whole seconds from `from` until `until`, rounded down; never below zero. */
export function secondsUntil(until: Date, from: Date): number {
  return Math.max(0, Math.floor((until.getTime() - from.getTime()) / 1000));
}

function testOffsetMs(): number {
  const file = env().LAUREL_TEST_CLOCK;
  if (!file) return 0;

  if (performance.now() - offset.readAtMs >= offsetReadEveryMs) {
    offset = { milliseconds: readOffset(file) ?? offset.milliseconds, readAtMs: performance.now() };
  }
  return offset.milliseconds;
}

/** Null while the file is being rewritten (missing, or not a number yet): the last good offset goes on. */
function readOffset(file: string): number | null {
  try {
    const text = readFileSync(file, "utf8").trim();
    return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
