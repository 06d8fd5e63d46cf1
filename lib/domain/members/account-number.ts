import { randomInt } from "node:crypto";

/** Seven digits that say nothing of a programme's size. Whether they are free, the database says. */
export function drawAccountNumber(): string {
  return String(randomInt(1_000_000, 10_000_000));
}
