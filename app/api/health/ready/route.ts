import { isDatabaseReady } from "#lib/domain/health/is-database-ready.ts";

/** GET /api/health/ready: this process can serve; 503 names what is down. On any host. */
export async function GET(): Promise<Response> {
  const down = (await isDatabaseReady()) ? [] : ["database"];
  const status = down.length === 0 ? 200 : 503;
  return Response.json(
    { status: down.length === 0 ? "ok" : "down", down },
    { status, headers: { "Cache-Control": "no-store" } },
  );
}
