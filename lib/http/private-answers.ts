/** An answer that is one person's alone: nobody keeps it. */
export const privateHeaders = { "Cache-Control": "private, no-store" } as const;

/** JSON that is one person's alone. */
export function privateJson(status: number, body: object, headers: HeadersInit = {}): Response {
  const response = Response.json(body, {
    status,
    headers: { ...privateHeaders, "Content-Type": "application/json; charset=utf-8" },
  });
  new Headers(headers).forEach((value, name) => {
    response.headers.append(name, value);
  });
  return response;
}
