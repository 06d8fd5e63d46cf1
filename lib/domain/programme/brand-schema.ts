/** How a programme looks, as a programme file says it. What is null is as Laurel itself looks. */
import { z } from "zod";

import { webUrl } from "#lib/domain/programme/file-fields.ts";
import { text } from "#lib/domain/texts.ts";

const tagline = text(1, 80).refine((value) => /\P{White_Space}/u.test(value), "Enter a text.");
const texts = z.strictObject({ tagline: tagline.nullable().optional() }).nullable().optional();

export const brand = z.strictObject({
  accentColor: z
    .string("Enter a colour such as #17603f.")
    .regex(/^#[0-9a-fA-F]{6}$/, "Enter a colour such as #17603f.")
    .nullable()
    .optional(),
  logoUrl: webUrl.nullable().optional(),
  logoDarkUrl: webUrl.nullable().optional(),
  cornerRadius: z
    .enum(["none", "small", "medium", "large"], "The cornerRadius is none, small, medium or large.")
    .nullable()
    .optional(),
  font: z
    .enum(["geist", "system", "serif", "rounded"], "The font is geist, system, serif or rounded.")
    .nullable()
    .optional(),
  heroPictureUrl: webUrl.nullable().optional(),
  texts: z.strictObject({ en: texts, de: texts, fr: texts, es: texts, ar: texts }).nullable().optional(),
});
