/** Pages by their number, as Open Loyalty's lists have them. Names without an underscore in front mean nothing there. */
import { z } from "zod";

import { invalidInput } from "#lib/domain/errors.ts";
import type { NumberedPageQuery } from "#lib/domain/numbered-page.ts";
import { parseInput } from "#lib/http/schemas/parse.ts";
import { wholeNumber } from "#lib/http/schemas/query.ts";

const direction = z.enum(["asc", "desc"], "Enter asc or desc.").optional();
const places = {
  _page: wholeNumber(1, 999_999, "Which page, from 1 on."),
  _itemsOnPage: wholeNumber(10, 50, "How many items a page has at most."),
};

/** The pages of one list: by what it can be ordered, and the query that says so. */
type Pages<Field extends string> = { fields: readonly Field[]; query: z.ZodObject<typeof places> };

function pagesBy<const Field extends string>(...fields: Field[]): Pages<Field> {
  const orders = Object.fromEntries(fields.map((field) => [nameOf(field), direction]));
  return { fields, query: z.object({ ...orders, ...places }) };
}

export const memberPages = pagesBy("createdAt", "email");
export const rewardPages = pagesBy("name", "costInPoints");
export const boughtPages = pagesBy("redemptionDate");
export const transferPages = pagesBy("createdAt");
export const transactionPages = pagesBy("purchasedAt");
export const historyPages = pagesBy("createdAt");
export const tierPages = pagesBy("name", "conditionValue");
/** Of a list that has an order of its own. */
export const plainPages = pagesBy();

/** Refuses `invalid_input`. */
export function readPage<Field extends string>(
  request: Request,
  { fields, query }: Pages<Field>,
): NumberedPageQuery<Field> {
  const { searchParams } = new URL(request.url);
  const sent = [...searchParams].filter(([name]) => Object.hasOwn(query.shape, name));
  for (const name of searchParams.keys()) {
    const isStray = name.startsWith("_orderBy") && !Object.hasOwn(query.shape, name);
    if (isStray) throw invalidInput({ [name]: `Order by: ${fields.join(", ")}.` });
  }
  for (const [name] of sent) {
    if (searchParams.getAll(name).length > 1) throw invalidInput({ [name]: "Send this parameter once." });
  }
  const { _page, _itemsOnPage: limit } = parseInput(query, Object.fromEntries(sent));
  // In the order in which they were sent, which an object of a schema's has not.
  const orderBy = sent.flatMap(([name, value]) => {
    const field = fields.find((each) => name === nameOf(each));
    return field === undefined ? [] : [{ field, isAscending: value === "asc" }];
  });
  return { offset: (_page - 1) * limit, limit, orderBy };
}

function nameOf(field: string): string {
  return `_orderBy[${field}]`;
}
