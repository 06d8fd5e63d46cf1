import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { addresses } from "#tests/e2e/addresses.ts";
import { findChromium, howToGetChromium } from "#tests/support/find-chromium.ts";

const executablePath = findChromium();
if (!executablePath) throw new Error(howToGetChromium);
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  timeout: 60_000,
  workers: 1, // one demo, whose people's sessions a test may end
  forbidOnly: true,
  reporter: process.env.LAUREL_TEST_REPORT
    ? [["list"], ["json", { outputFile: process.env.LAUREL_TEST_REPORT }]]
    : [["list"]],
  use: {
    launchOptions: {
      executablePath,
      args: ["--disable-background-networking", ...(isRoot ? ["--no-sandbox"] : [])],
    },
    locale: "en",
    trace: "off",
  },
  webServer: {
    command: "node demo/run.ts",
    cwd: import.meta.dirname,
    url: `http://127.0.0.1:${addresses.shopPort}/`,
    timeout: 240_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
    env: {
      TRUSTED_PROXIES: "127.0.0.1,::1", // so that a journey can come from an address of its own
      DEMO_LAUREL_PORT: String(addresses.laurelPort),
      DEMO_SHOP_PORT: String(addresses.shopPort),
      DEMO_IDENTITY_PORT: String(addresses.identityPort),
      DEMO_DATA_DIR: join(tmpdir(), `laurel-e2e-${process.pid}`),
    },
  },
});
