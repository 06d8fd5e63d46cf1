import { z } from "zod";

import { programmeFileSchema } from "#lib/domain/programme/programme-file.ts";

/** The programme file as a JSON Schema, for editors; what it cannot say (references, cross-checks) the parser adds. */
export function programmeJsonSchema(): unknown {
  const schema = z.toJSONSchema(programmeFileSchema, {
    io: "input",
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return { title: "Laurel programme file", ...(JSON.parse(JSON.stringify(schema)) as object) };
}
