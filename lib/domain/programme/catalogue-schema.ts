/** What members can earn with and get, as a programme file says it: event types and rewards. */
import { z } from "zod";

import { problemWithEventTypeSchema } from "#lib/domain/events/event-type-schema.ts";
import {
  count,
  endsAfterStart,
  eventTypeName,
  headerSecret,
  moment,
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
    validForDays: z.int("Enter whole days.").min(1).max(36_500).nullable().optional(),
    tier: name(64).nullable().optional(),
    availability: z
      .strictObject({ start: moment.nullable().optional(), end: moment.nullable().optional() })
      .check(endsAfterStart)
      .nullable()
      .optional(),
  })
  .check((context) => {
    const { type, codeType, codePattern, code } = context.value;
    if (codeType === "GENERATED" && codePattern === undefined) {
      context.issues.push({
        code: "custom",
        path: ["codePattern"],
        message: "Enter the pattern to generate codes by, such as XXXX-9999.",
        input: codePattern,
      });
    }
    if (codeType === "STATIC" && code === undefined && type !== "GENERIC_OFFER") {
      context.issues.push({
        code: "custom",
        path: ["code"],
        message: "Enter the code to show.",
        input: code,
      });
    }
  });
