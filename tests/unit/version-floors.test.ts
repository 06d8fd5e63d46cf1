import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// Goal: no known hole comes back. Below these versions there are published advisories.
const floors: Record<string, string> = {
  next: "16.3.3",
  "next-auth": "4.24.15",
  "iron-session": "9.0.0",
  jose: "6.2.0",
  // next-auth's own one only encrypts its cookies.
  "next-auth/node_modules/jose": "4.15.5",
  "openid-client/node_modules/jose": "4.15.5",
  react: "19.3.0",
};

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { version?: string; resolved?: string }>;
};

test.each(Object.entries(floors))("%s is at least %s wherever it is installed", (name, floor) => {
  const others = Object.keys(floors).filter((other) => other.endsWith(`/node_modules/${name}`));
  const installed = Object.entries(lock.packages).filter(
    ([path]) => path.endsWith(`node_modules/${name}`) && !others.some((other) => path.endsWith(other)),
  );
  expect(installed.length, name).toBeGreaterThan(0);
  for (const [path, { version = "0" }] of installed)
    expect(compare(version, floor), path).toBeGreaterThanOrEqual(0);
});

test("our own dependencies are pinned to exact versions", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
  }
});

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number)) as [number[], number[]];
  for (const index of [0, 1, 2]) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
