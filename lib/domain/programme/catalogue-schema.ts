/** What members can earn and get, as a programme file says it: event types, rules, rewards. */
import { z } from "zod";

import { problemWithEventTypeSchema } from "#lib/domain/events/event-type-schema.ts";
import {
  count,
  endsAfterStart,
  eventTypeName,
  headerSecret,
  moment,
  positivePoints,
  priceInPoints,
  webUrl,
} from "#lib/domain/programme/file-fields.ts";
import { identifier, longText, name, text } from "#lib/domain/texts.ts";

export const eventType = z.strictObject({
  name: eventTypeName,
  description: text(0, 512).optional(),
  schema: z
    .record(z.string(), z.unknown(), "Enter a JSON Schema.")
    .check((context) => {
      const problem = problemWithEventTypeSchema(context.value);
      if (problem) context.issues.push({ code: "custom", message: problem, input: context.value });
    })
    .nullable()
    .optional(),
  private: z.boolean("Enter true or false.").optional(),
  secret: headerSecret.optional(),
});

const conditionValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const condition = z
  .strictObject({
    field: z
      .string("Enter a field.")
      .max(256)
      .regex(/^(payload|member)(\.[A-Za-z0-9_-]+)+$/, "A field starts with payload. or member."),
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

export const rule = z
  .strictObject({
    name: name(128),
    eventType: eventTypeName,
    conditions: conditions.optional(),
    effect,
    limits: z
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
      .nullable()
      .optional(),
    start: moment.nullable().optional(),
    end: moment.nullable().optional(),
    priority: z.int("Enter a whole number.").min(-1000).max(1000).optional(),
    pendingDays: z.int("Enter whole days.").min(0).max(3650).optional(),
  })
  .check(endsAfterStart);

export const reward = z
  .strictObject({
    externalId: identifier(128),
    name: name(128),
    type: z.enum(["VOUCHER", "GENERIC_OFFER"], "The type is VOUCHER or GENERIC_OFFER."),
    price: priceInPoints,
    summary: text(0, 280).optional(),
    description: longText(4000).optional(),
    terms: longText(8000).optional(),
    category: name(64).nullable().optional(),
    pictureUrl: webUrl.nullable().optional(),
    value: z.number("Enter an amount.").min(0).max(1_000_000_000).nullable().optional(),
    codeType: z
      .enum(["POOL", "GENERATED", "STATIC"], "The codeType is POOL, GENERATED or STATIC.")
      .optional(),
    codes: z.array(identifier(128)).max(100_000, "List at most 100,000 codes at once.").optional(),
    codePattern: z
      .string()
      .max(64)
      .regex(
        /^[X9A-WYZ0-8-]*[X9][X9A-WYZ0-8-]*$/,
        "A pattern is of capitals, digits and dashes; X is a letter, 9 a digit.",
      )
      .optional(),
    code: identifier(128).optional(),
    stock: count.nullable().optional(),
    perMemberLimit: count.min(1, "Enter 1 or more.").nullable().optional(),
    tier: name(64).nullable().optional(),
    availability: z
      .strictObject({ start: moment.nullable().optional(), end: moment.nullable().optional() })
      .check(endsAfterStart)
      .nullable()
      .optional(),
  })
  .check((context) => {
    const { codeType, codePattern, code } = context.value;
    if (codeType === "GENERATED" && codePattern === undefined) {
      context.issues.push({
        code: "custom",
        path: ["codePattern"],
        message: "Enter the pattern to generate codes by, such as XXXX-9999.",
        input: codePattern,
      });
    }
    if (codeType === "STATIC" && code === undefined) {
      context.issues.push({
        code: "custom",
        path: ["code"],
        message: "Enter the code to show.",
        input: code,
      });
    }
  });
