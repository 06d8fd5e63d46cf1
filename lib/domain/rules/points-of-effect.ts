import { Decimal } from "decimal.js";

import { type Facts, valueAt } from "#lib/domain/rules/condition.ts";
import type { Effect } from "#lib/domain/rules/rule-schema.ts";

// A JSON number has at most 17 significant digits, so a product of two is exact with these.
const ExactDecimal = Decimal.clone({ precision: 64 });

const roundings = {
  DOWN: Decimal.ROUND_FLOOR,
  UP: Decimal.ROUND_CEIL,
  NEAREST: Decimal.ROUND_HALF_UP,
} as const;

/**
 * How many points an effect comes to for an event, in exact decimals (100 points for each unit of 4.35 are 435), or a
 * sentence about why there are none. A result beyond 2^53 − 1 is no number of points: `overflow`.
 */
export function pointsOfEffect(
  effect: Extract<Effect, { type: "POINTS" }>,
  facts: Facts,
): { points: number } | { problem: string } | { overflow: true } {
  const { points, pointsPerUnit, unitField, rounding = "DOWN", min, max } = effect;
  if (points !== undefined) return { points };
  if (pointsPerUnit === undefined || unitField === undefined) return { problem: "It gives nothing." };

  const units = valueAt(facts, unitField);
  if (typeof units !== "number") return { problem: `${unitField} is to be a number.` };
  if (units <= 0) return { problem: `${unitField} is to be over 0; it is ${units}.` };
  const exact = new ExactDecimal(units).times(pointsPerUnit).toDecimalPlaces(0, roundings[rounding]);
  const raised = min === undefined ? exact : ExactDecimal.max(exact, min);
  const capped = max === undefined ? raised : ExactDecimal.min(raised, max);
  if (capped.gt(Number.MAX_SAFE_INTEGER)) return { overflow: true };
  if (capped.lt(1)) return { problem: `${unitField} is ${units}, which comes to 0 points.` };
  return { points: capped.toNumber() };
}
