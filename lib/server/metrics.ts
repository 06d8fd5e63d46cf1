/** Counters for Prometheus, by route template: no path, no member. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

const registry = new Registry();
collectDefaultMetrics({ register: registry });

const requests = new Counter({
  name: "laurel_http_requests_total",
  help: "Requests answered.",
  labelNames: ["method", "route", "status"],
  registers: [registry],
});

const seconds = new Histogram({
  name: "laurel_http_request_seconds",
  help: "Time from the first byte of a request to the last of its answer.",
  labelNames: ["route"],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [registry],
});

export function countRequest(request: {
  method: string;
  route: string;
  status: number;
  milliseconds: number;
}): void {
  requests.inc({ method: request.method, route: request.route, status: request.status });
  seconds.observe({ route: request.route }, request.milliseconds / 1000);
}

export async function metricsAnswer(): Promise<Response> {
  return new Response(await registry.metrics(), {
    headers: { "Content-Type": registry.contentType, "Cache-Control": "no-store" },
  });
}
