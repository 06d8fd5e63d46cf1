import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { programmeJsonSchema } from "#lib/domain/programme/programme-json-schema.ts";

test("docs/programme.schema.json describes the file as it is parsed", () => {
  // Made anew by: npm run docs:schema
  expect(JSON.parse(readFileSync("docs/programme.schema.json", "utf8"))).toEqual(programmeJsonSchema());
});
