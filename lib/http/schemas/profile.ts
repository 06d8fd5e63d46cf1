import { z } from "zod";

import type { CoreProfile, NewProfile, ProfileChange } from "#lib/domain/members/profile.ts";
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
export const lenientProfile = profileSchema({ isWhole: true, isLenient: true }, (read) => ({
  profile: newProfileOf(read),
  warnings: read.warnings,
}));

/** A new member's profile, in which whatever is wrong is refused. */
export const newProfile = profileSchema({ isWhole: true, isLenient: false }, newProfileOf);

/** What is to change in a profile: what is left out stays as it is. */
export const profileChange = profileSchema(
  { isWhole: false, isLenient: false },
  ({ core, attributes }): ProfileChange => ({ core, attributes }),
);

/** `isWhole`: what is mandatory has to be there; `isLenient`: what is optional and wrong is passed over with a warning. */
type Strictness = { isWhole: boolean; isLenient: boolean };

function profileSchema<Output>(strictness: Strictness, outputOf: (read: ProfileRead) => Output) {
  return z
    .unknown()
    .transform((input, context): Output => {
      const read = readProfile(input, strictness);
      for (const { path, message } of read.problems) {
        context.issues.push({ code: "custom", path, message, input });
      }
      return outputOf(read);
    })
    .meta(described(strictness.isWhole));
}

/** Only taken where no problem was found, and so all that is mandatory is there. */
function newProfileOf({ core, attributes }: ProfileRead): NewProfile {
  return { core: core as NewProfile["core"], attributes };
}

type ProfileRead = ProfileChange & {
  warnings: Record<string, string>;
  problems: { path: string[]; message: string }[];
};

function readProfile(input: unknown, { isWhole, isLenient }: Strictness): ProfileRead {
  const core: Partial<CoreProfile> = {};
  const attributes: Record<string, unknown> = {};
  const warnings: Record<string, string> = {};
  const problems: ProfileRead["problems"] = [];
  const read = { core, attributes, warnings, problems };
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    problems.push({ path: [], message: "Enter an object with givenName, familyName and emailAddress." });
    return read;
  }

  for (const [field, schema] of Object.entries(mandatoryProfileFields)) {
    if (!isWhole && !Object.hasOwn(input, field)) continue;
    const parsed = schema.safeParse(Reflect.get(input, field));
    if (parsed.success) Object.assign(core, { [field]: parsed.data });
    else problems.push({ path: [field], message: firstProblem(parsed.error) });
  }
  for (const [field, value] of Object.entries(input)) {
    if (Object.hasOwn(mandatoryProfileFields, field)) continue;
    if (Object.hasOwn(optionalProfileFields, field)) {
      const parsed = optionalProfileFields[field as OptionalProfileField].nullable().safeParse(value);
      if (parsed.success) Object.assign(core, { [field]: parsed.data });
      else if (hasDangerousKey(value)) problems.push({ path: [field], message: dangerous });
      else if (isLenient) warnings[`profile.${field}`] = firstProblem(parsed.error);
      else problems.push({ path: [field], message: firstProblem(parsed.error) });
    } else {
      const message = problemWithAttribute(field, value);
      if (message) problems.push({ path: [field], message });
      else attributes[field] = value;
    }
  }
  return read;
}

const dangerous = "A name inside it is not allowed.";

function firstProblem({ issues }: z.ZodError): string {
  return issues[0]?.message ?? "This value is not taken.";
}

/** What a description of the API says of a profile, which is read by hand here. */
function described(isWhole: boolean) {
  const optional = Object.fromEntries(
    Object.entries(optionalProfileFields).map(([name, field]) => [name, field.nullable().optional()]),
  );
  const mandatory = z.object(mandatoryProfileFields);
  const { $schema, ...schema } = z.toJSONSchema(
    (isWhole ? mandatory : mandatory.partial()).extend(optional),
    {
      io: "input",
    },
  );
  return {
    override: {
      ...schema,
      additionalProperties: true,
      description: "Any other key becomes an attribute of the member (JSON, up to 1 KiB); null removes one.",
    },
  } as const;
}
