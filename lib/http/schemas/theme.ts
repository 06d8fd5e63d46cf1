import { z } from "zod";

import { themes } from "#lib/http/preference-cookies.ts";

/** PUT /api/session/theme: null leaves it to the device. */
export const themeInput = z.strictObject({
  theme: z.enum(themes, "Enter light or dark, or null for the device's.").nullable(),
});
