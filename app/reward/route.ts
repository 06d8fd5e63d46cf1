/** GET /reward?id=…: the address that older links have. */
export function GET(request: Request): Response {
  const id = new URL(request.url).searchParams.get("id") ?? "";
  const headers = { Location: `/rewards/${encodeURIComponent(id)}` };
  return new Response(null, { status: 308, headers });
}
