import { z } from "zod";

import type { CoreProfile, NewProfile } from "#lib/domain/members/profile.ts";
import {
  hasDangerousKey,
  mandatoryProfileFields,
  type OptionalProfileField,
  optionalProfileFields,
  problemWithAttribute,
} from "#lib/domain/members/profile-input.ts";

/**
 * The profile of an embedded sign-in. A mandatory field or an attribute that is wrong is refused; an optional core field
 * that is wrong keeps nobody out: it is left as it was, and named in the warnings.
 */
export const lenientProfile = z.unknown().transform((input, context) => {
  const refuse = (path: string[], message: string) => {
    context.issues.push({ code: "custom", path, message, input });
  };
  const core: Partial<CoreProfile> = {};
  const attributes: Record<string, unknown> = {};
  const warnings: Record<string, string> = {};
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    refuse([], "Enter an object with givenName, familyName and emailAddress.");
    return z.NEVER;
  }

  for (const [field, schema] of Object.entries(mandatoryProfileFields)) {
    const parsed = schema.safeParse(Reflect.get(input, field));
    if (parsed.success) Object.assign(core, { [field]: parsed.data });
    else refuse([field], firstProblem(parsed.error));
  }
  for (const [field, value] of Object.entries(input)) {
    if (Object.hasOwn(mandatoryProfileFields, field)) continue;
    if (Object.hasOwn(optionalProfileFields, field)) {
      const parsed = optionalProfileFields[field as OptionalProfileField].nullable().safeParse(value);
      if (parsed.success) Object.assign(core, { [field]: parsed.data });
      else if (hasDangerousKey(value)) refuse([field], "A name inside it is not allowed.");
      else warnings[`profile.${field}`] = firstProblem(parsed.error);
    } else {
      const problem = problemWithAttribute(field, value);
      if (problem) refuse([field], problem);
      else attributes[field] = value;
    }
  }
  const profile: NewProfile = { core: core as NewProfile["core"], attributes };
  return { profile, warnings };
});

function firstProblem({ issues }: z.ZodError): string {
  return issues[0]?.message ?? "This value is not taken.";
}
