import { isForm, readBody, readJsonBody } from "#lib/http/read-json-body.ts";

/** The texts of a form, or of a JSON object, whichever was sent; other values of JSON are left out. */
export async function readFields(request: Request): Promise<Record<string, string>> {
  if (isForm(request.headers.get("content-type"))) {
    const text = Buffer.from(await readBody(request)).toString("utf8");
    return Object.fromEntries(new URLSearchParams(text));
  }
  const entries = Object.entries(await readJsonBody(request));
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}
