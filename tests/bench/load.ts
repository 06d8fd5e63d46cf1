/** Load on one address: ten connections that each send their next request when the last is answered. */
import autocannon from "autocannon";

export type Load = {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  /** What differs from one request to the next. */
  vary?: () => { path?: string; body?: string; headers?: Record<string, string> };
  onBody?: (body: string) => void;
};

export type Sample = { requestsPerSecond: number; p50Ms: number; p95Ms: number; p99Ms: number };

export const connections = 10;

/** For so many seconds, or so many requests. Fails at the first answer that is neither 2xx nor 3xx. */
export async function measure(
  { url, method = "GET", headers = {}, vary, onBody }: Load,
  until: { seconds: number } | { requests: number },
): Promise<Sample> {
  const times: number[] = [];
  let failedStatus: number | null = null;
  let lastAnswerAtMs = 0;

  const startedAtMs = performance.now();
  const { errors, timeouts } = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(
      {
        ...{ url, method, headers, connections },
        ...("seconds" in until ? { duration: until.seconds } : { amount: until.requests }),
        requests: [
          {
            ...(vary && {
              setupRequest: (request) => {
                const varied = vary();
                return { ...request, ...varied, headers: { ...request.headers, ...varied.headers } };
              },
            }),
            ...(onBody && { onResponse: (_status, body) => onBody(body) }),
          },
        ],
      },
      (error: Error | null, result) => (error ? reject(error) : resolve(result)),
    );
    running.on("response", (_client, status, _bytes, milliseconds) => {
      times.push(milliseconds);
      lastAnswerAtMs = performance.now();
      if (status >= 200 && status < 400) return;
      failedStatus ??= status;
      running.stop();
    });
  });

  if (failedStatus !== null) throw new Error(`${method} ${url} was answered with ${failedStatus}.`);
  if (errors > 0) throw new Error(`${method} ${url}: ${errors} errors, ${timeouts} of them timeouts.`);
  times.sort((a, b) => a - b);
  return {
    requestsPerSecond: (times.length / (lastAnswerAtMs - startedAtMs)) * 1000,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  };
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}
