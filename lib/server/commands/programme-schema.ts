/** `npm run docs:schema`: writes docs/programme.schema.json from the schema that parses programme files. */
import { writeFileSync } from "node:fs";

import { programmeJsonSchema } from "#lib/domain/programme/programme-json-schema.ts";

writeFileSync("docs/programme.schema.json", `${JSON.stringify(programmeJsonSchema(), null, 2)}\n`);
