import { defineConfig } from "vitest/config";

// A database is slow to make and quick to copy; a file that waits for one is not hanging.
const patience = { testTimeout: 30_000, hookTimeout: 60_000 };
const env = { LAUREL_SECRET: "7f3Kq-a-test-deployment-s-own-secret-Zw81", LOG_LEVEL: "silent" };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"], env, ...patience } },
      {
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          globalSetup: ["tests/support/database-template.ts"],
          env,
          ...patience,
        },
      },
      // Against the real server, as it was built.
      {
        test: {
          name: "http",
          include: ["tests/http/**/*.test.ts"],
          fileParallelism: false,
          ...patience,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
