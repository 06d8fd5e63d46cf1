/** `npm run screenshots`: the demo as the journeys start it, and pictures instead of questions. */
import { defineConfig } from "@playwright/test";

import journeys from "../../playwright.config.ts";

export default defineConfig({
  ...journeys,
  testDir: ".",
  testMatch: "*.shots.ts",
  use: { ...journeys.use, actionTimeout: 10_000 },
  outputDir: "../../test-results/screenshots",
  timeout: 120_000,
});
