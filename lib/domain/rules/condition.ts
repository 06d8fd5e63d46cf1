/** Whether an event meets a rule's conditions, and if not, why. */
import type { Condition, Conditions } from "#lib/domain/rules/rule-schema.ts";

/** What conditions look at. A field is a path such as `payload.items.0.sku` or `member.attributes.favouriteColour`. */
export type Facts = { payload: Readonly<Record<string, unknown>>; member: Readonly<Record<string, unknown>> };

/** What stands at a field; undefined where nothing does. Only an object's own keys and a list's indexes count. */
export function valueAt(facts: Facts, field: string): unknown {
  return field.split(".").reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string, unknown>)[key];
  }, facts);
}

/** A sentence about the first condition that is not met; null where all of `all` and one of `any` are. */
export function problemWithConditions(conditions: Conditions, facts: Facts): string | null {
  const { all = [], any = [] } = conditions ?? {};
  const missed = all.find((condition) => !isMet(condition, facts));
  if (missed) return tell(missed, facts);
  if (any.length === 0 || any.some((condition) => isMet(condition, facts))) return null;
  return `None of these: ${any.map((condition) => tell(condition, facts)).join(" ")}`;
}

/** A field that is not there is equal to nothing, and neither more nor less than anything. */
function isMet({ field, operator, value }: Condition, facts: Facts): boolean {
  const found = valueAt(facts, field);
  const isThere = found !== undefined && found !== null;
  const isNumber = typeof found === "number" && typeof value === "number";
  switch (operator) {
    case "eq":
      return found === value;
    case "ne":
      return found !== value;
    case "gt":
      return isNumber && found > value;
    case "gte":
      return isNumber && found >= value;
    case "lt":
      return isNumber && found < value;
    case "lte":
      return isNumber && found <= value;
    case "in":
      return Array.isArray(value) && value.some((each) => each === found);
    case "notIn":
      return Array.isArray(value) && !value.some((each) => each === found);
    case "exists":
      return isThere === (value ?? true);
  }
}

const words = {
  eq: "is to be",
  ne: "is not to be",
  gt: "is to be over",
  gte: "is to be at least",
  lt: "is to be under",
  lte: "is to be at most",
  in: "is to be one of",
  notIn: "is to be none of",
} as const;

function tell({ field, operator, value }: Condition, facts: Facts): string {
  const found = valueAt(facts, field);
  const actual = found === undefined ? "it is not there" : `it is ${JSON.stringify(found)}`;
  if (operator === "exists") return `${field} is ${value === false ? "not " : ""}to be there; ${actual}.`;
  return `${field} ${words[operator]} ${JSON.stringify(value)}; ${actual}.`;
}
