/** Pages by their number, as Open Loyalty's lists have them. Names without an underscore in front mean nothing there. */
import { invalidInput } from "#lib/domain/errors.ts";
import type { NumberedPageQuery, Order } from "#lib/domain/numbered-page.ts";

const itemsDefault = 10;
const itemsMax = 50;

/** `_page`, `_itemsOnPage` and `_orderBy[field]`, by one of `fields` each. Refuses `invalid_input`. */
export function readPage<Field extends string>(
  request: Request,
  fields: readonly Field[],
): NumberedPageQuery<Field> {
  const { searchParams } = new URL(request.url);
  const page = readNumber(searchParams, "_page", 1, 999_999);
  const limit = readNumber(searchParams, "_itemsOnPage", itemsDefault, itemsMax);
  return { offset: (page - 1) * limit, limit, orderBy: readOrder(searchParams, fields) };
}

function readNumber(sent: URLSearchParams, name: string, usual: number, max: number): number {
  const [text, another] = sent.getAll(name);
  if (text === undefined) return usual;
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN;
  if (another !== undefined) throw invalidInput({ [name]: "Send this parameter once." });
  if (!(value <= max)) throw invalidInput({ [name]: `Enter a whole number from 1 to ${max}.` });
  return value;
}

function readOrder<Field extends string>(sent: URLSearchParams, fields: readonly Field[]): Order<Field>[] {
  const orders = [...sent].filter(([name]) => name.startsWith("_orderBy"));
  return orders.map(([name, direction], index) => {
    const field = fields.find((known) => name === `_orderBy[${known}]`);
    if (field === undefined) throw invalidInput({ [name]: `Order by: ${fields.join(", ")}.` });
    if (direction !== "asc" && direction !== "desc") throw invalidInput({ [name]: "Enter asc or desc." });
    if (orders.findIndex(([other]) => other === name) !== index) {
      throw invalidInput({ [name]: "Send this parameter once." });
    }
    return { field, isAscending: direction === "asc" };
  });
}
