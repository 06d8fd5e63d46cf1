/** What a rule may say: the conditions of an event, what it gives, and how often. */
import { z } from "zod";

import { intrinsicPayloadFields } from "#lib/domain/events/intrinsic-event-types.ts";
import { mandatoryProfileFields, optionalProfileFields } from "#lib/domain/members/profile-input.ts";
import {
  count,
  endsAfterStart,
  eventTypeName,
  moment,
  positivePoints,
} from "#lib/domain/programme/file-fields.ts";
import { identifier, name } from "#lib/domain/texts.ts";

/** What of a member a condition may look at; besides, `attributes.<name>` and `flags.<name>`. */
const memberFields = [
  ...["authIdentifier", "accountNumber"],
  ...Object.keys({ ...mandatoryProfileFields, ...optionalProfileFields }),
];

const conditionValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const condition = z
  .strictObject({
    field: z
      .string("Enter a field.")
      .max(256)
      .regex(/^(payload|member)(\.[A-Za-z0-9_-]+)+$/, "A field starts with payload. or member.")
      .refine(isKnownField, "There is no such field of a member; an attribute is member.attributes.<name>."),
    operator: z.enum(
      ["eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn", "exists"],
      "There is no such operator.",
    ),
    value: z.union([conditionValue, z.array(conditionValue).max(100, "List at most 100 values.")]).optional(),
  })
  .check((context) => {
    const { operator, value } = context.value;
    const isOrdering = ["gt", "gte", "lt", "lte"].includes(operator);
    const problem =
      (operator === "in" || operator === "notIn") !== Array.isArray(value)
        ? "A list goes with the operators in and notIn, and with no other."
        : operator === "exists" && value !== undefined && typeof value !== "boolean"
          ? "With exists the value is true or false."
          : isOrdering && typeof value !== "number"
            ? "Numbers are compared: enter a number."
            : operator !== "exists" && value === undefined
              ? "Enter a value."
              : null;
    if (problem) context.issues.push({ code: "custom", path: ["value"], message: problem, input: value });
  });

const conditions = z
  .strictObject({
    all: z.array(condition).max(20, "List at most 20 conditions.").optional(),
    any: z.array(condition).max(20, "List at most 20 conditions.").optional(),
  })
  .nullable();

const pointsEffect = z
  .strictObject({
    type: z.literal("POINTS"),
    points: positivePoints.optional(),
    pointsPerUnit: z.number("Enter a number.").positive("Enter more than 0.").optional(),
    unitField: z
      .string("Enter a field.")
      .max(256)
      .regex(/^payload(\.[A-Za-z0-9_-]+)+$/, "The field starts with payload.")
      .optional(),
    rounding: z.enum(["DOWN", "UP", "NEAREST"], "Rounding is DOWN, UP or NEAREST.").optional(),
    min: positivePoints.optional(),
    max: positivePoints.optional(),
  })
  .check((context) => {
    const { points: fixed, pointsPerUnit, unitField, rounding, min, max } = context.value;
    const perUnit = { pointsPerUnit, unitField, rounding, min, max };
    const report = (field: string, message: string) =>
      context.issues.push({ code: "custom", path: [field], message, input: context.value });

    if (fixed !== undefined) {
      for (const [field, value] of Object.entries(perUnit)) {
        if (value !== undefined) report(field, "Fixed points take no points per unit.");
      }
    } else if (pointsPerUnit === undefined && unitField === undefined) {
      report("points", "Enter points, or else pointsPerUnit and unitField.");
    } else if (pointsPerUnit === undefined) report("pointsPerUnit", "Enter the points for each unit.");
    else if (unitField === undefined) report("unitField", "Enter the field that is counted.");
    if (min !== undefined && max !== undefined && min > max)
      report("max", "The maximum is not below the minimum.");
  });

const effect = z.discriminatedUnion(
  "type",
  [pointsEffect, z.strictObject({ type: z.literal("REWARD"), reward: identifier(128) })],
  "The type is POINTS or REWARD.",
);

const limitsSchema = z
  .strictObject({
    perMember: z
      .strictObject({
        times: count.min(1, "Enter 1 or more."),
        period: z.enum(
          ["DAY", "WEEK", "MONTH", "YEAR", "EVER"],
          "A period is DAY, WEEK, MONTH, YEAR or EVER.",
        ),
      })
      .nullable()
      .optional(),
    budgetPoints: positivePoints.nullable().optional(),
  })
  .nullable();

export const rule = z
  .strictObject({
    name: name(128),
    eventType: eventTypeName,
    conditions: conditions.optional(),
    effect,
    limits: limitsSchema.optional(),
    start: moment.nullable().optional(),
    end: moment.nullable().optional(),
    priority: z.int("Enter a whole number.").min(-1000).max(1000).optional(),
    pendingDays: z.int("Enter whole days.").min(0).max(3650).optional(),
  })
  .check(endsAfterStart)
  .check((context) => {
    const { eventType, conditions: sent, effect: given, pendingDays, limits } = context.value;
    const report = (path: (string | number)[], message: string) =>
      context.issues.push({ code: "custom", path, message, input: context.value });

    const fields = intrinsicPayloadFields[eventType];
    const isUnknown = (field: string) =>
      fields !== undefined &&
      field.startsWith("payload.") &&
      !fields.includes(field.slice("payload.".length));
    const told = `The payload of ${eventType} has ${fields?.length ? fields.join(", ") : "no fields"}.`;
    for (const list of ["all", "any"] as const) {
      for (const [index, { field }] of (sent?.[list] ?? []).entries()) {
        if (isUnknown(field)) report(["conditions", list, index, "field"], told);
      }
    }
    if (given.type === "POINTS" && given.unitField !== undefined && isUnknown(given.unitField)) {
      report(["effect", "unitField"], told);
    }
    if (given.type === "REWARD" && pendingDays) report(["pendingDays"], "Only points can be pending.");
    if (given.type === "REWARD" && limits?.budgetPoints) {
      report(["limits", "budgetPoints"], "A budget is of points; a reward has its stock.");
    }
  });

export type Condition = z.infer<typeof condition>;
export type Conditions = z.infer<typeof conditions>;
export type Effect = z.infer<typeof effect>;
export type Limits = z.infer<typeof limitsSchema>;
export type RuleInput = z.infer<typeof rule>;

/** The fields of the payload that a rule looks at, and where it names them. */
export function payloadFieldsOf({ conditions: sent, effect: given }: RuleInput) {
  const fields = (["all", "any"] as const).flatMap((list) =>
    (sent?.[list] ?? []).map(({ field }, index) => ({ field, path: `conditions.${list}[${index}].field` })),
  );
  if (given.type === "POINTS" && given.unitField !== undefined) {
    fields.push({ field: given.unitField, path: "effect.unitField" });
  }
  return fields.filter(({ field }) => field.startsWith("payload."));
}

function isKnownField(field: string): boolean {
  const [root, first = "", ...rest] = field.split(".");
  if (root !== "member") return true;
  if (first === "attributes" || first === "flags") return rest.length > 0;
  return rest.length === 0 && memberFields.includes(first);
}
