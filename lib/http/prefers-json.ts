import Negotiator from "negotiator";

/** Whether a caller would rather have JSON than a page, by the weights of its Accept header. */
export function prefersJson(request: Request): boolean {
  const negotiator = new Negotiator({ headers: { accept: request.headers.get("accept") ?? undefined } });
  return negotiator.mediaTypes(["text/html", "application/json"])[0] === "application/json";
}
