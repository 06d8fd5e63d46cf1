import { expect, test } from "vitest";

import { leftMsOf, toldAgain } from "#app/_components/countdown.ts";

// Goal: what is left is never more than the server said, whatever the browser's clocks do.

const readAt = { steadyMs: 1_000, wallMs: 500_000 };
const countdown = { leftMs: 50_000, readAt };

/** Some time after `readAt`, as each clock has it. */
function after(steadyMs: number, wallMs: number) {
  return { steadyMs: readAt.steadyMs + steadyMs, wallMs: readAt.wallMs + wallMs };
}

test.each([
  ["both clocks run", after(8_000, 8_000), 42_000],
  ["the steady clock stood still while the computer slept", after(2_000, 300_000), -250_000],
  ["somebody set the wall clock back", after(8_000, -3_600_000), 42_000],
  ["somebody set the wall clock forward", after(8_000, 3_600_000), -3_550_000],
])("when %s, the one that went further counts", (_, at, leftMs) => {
  expect(leftMsOf(countdown, at)).toBe(leftMs);
});

test("an answer that only rounds down what is known leaves the countdown as it runs", () => {
  const told = { leftMs: 45_000, readAt: after(4_100, 4_100) };

  expect(toldAgain(countdown, told)).toBe(countdown);
});

test.each([
  ["more, as the session was extended", 120_000],
  ["more by a little, as the way was slow", 46_000],
  ["less, as a clock was set", 44_000],
])("an answer that says %s is taken", (_, leftMs) => {
  const told = { leftMs, readAt: after(4_100, 4_100) };

  expect(toldAgain(countdown, told)).toBe(told);
});

test("the first answer is taken as it is", () => {
  expect(toldAgain(null, countdown)).toBe(countdown);
});
