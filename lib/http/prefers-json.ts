/** Whether a caller would rather have JSON than a page: it names JSON, and HTML nowhere. */
export function prefersJson(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "";
  const isNamed = (type: string) => accept.toLowerCase().includes(type);
  return isNamed("application/json") && !isNamed("text/html");
}
