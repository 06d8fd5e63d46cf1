const stepMs = 250;

/**
 * Answers at whole steps of time after it was asked, so that how long the work took says nothing of what it found: for
 * answers that are the same whether somebody has an account or not.
 */
export async function inEvenTime<Value>(work: () => Promise<Value>): Promise<Value> {
  const startedMs = performance.now();
  try {
    return await work();
  } finally {
    const tookMs = performance.now() - startedMs;
    const waitMs = Math.ceil(tookMs / stepMs) * stepMs - tookMs;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
