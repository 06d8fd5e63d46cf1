/** What a run found out, as Markdown. */
import { availableParallelism, cpus, totalmem } from "node:os";

import type { Floor } from "#tests/bench/laurel.ts";
import type { Sample } from "#tests/bench/load.ts";

/** One path in one round, and its floor a moment before. */
export type Measured = { name: string; floor: Floor; sample: Sample; floorSample: Sample };

export function describeMachine(databaseName: string): string {
  const model = cpus()[0]?.model ?? "unknown CPU";
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${memoryGib} GiB; Node ${process.version}; database: ${databaseName}`;
}

/** Medians over the rounds, also of the ratios. */
export function table(measured: readonly Measured[]): string {
  const floorRows = (["handler", "page"] as const).flatMap((floor) => {
    const samples = measured.filter((one) => one.floor === floor).map(({ floorSample }) => floorSample);
    return samples.length > 0 ? [row(`bare ${floor}`, samples, "")] : [];
  });
  const rows = [...Map.groupBy(measured, ({ name }) => name)].map(([name, rounds]) => {
    const ratio = median(
      rounds.map(({ sample, floorSample }) => sample.requestsPerSecond / floorSample.requestsPerSecond),
    );
    const samples = rounds.map(({ sample }) => sample);
    return row(`\`${name}\``, samples, `${ratio.toFixed(2)} of the ${rounds[0]?.floor}`);
  });
  return [
    "| path | requests/s | p50 ms | p95 ms | p99 ms | ratio to its floor |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...floorRows,
    ...rows,
  ].join("\n");
}

function row(name: string, samples: readonly Sample[], ratio: string): string {
  const medianOf = (key: keyof Sample) => median(samples.map((sample) => sample[key]));
  const milliseconds = (["p50Ms", "p95Ms", "p99Ms"] as const).map((key) => medianOf(key).toFixed(1));
  const cells = [name, Math.round(medianOf("requestsPerSecond")), ...milliseconds, ratio];
  return `| ${cells.join(" | ")} |`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
