/** GET /api/bare: the least that a handler can answer. */
export function GET() {
  return Response.json({ ok: true });
}
