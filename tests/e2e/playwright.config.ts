import { defineConfig, devices } from "@playwright/test";
import { args, executablePath } from "../../xtask/node/browser.mjs";

const port = process.env.PORT ?? "4280";
const site = process.env.SITE ?? "../../dist";

export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results",
  reporter: [["list"]],
  forbidOnly: !!process.env.CI,
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    launchOptions: { executablePath, args },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "desktop", use: { viewport: { width: 1440, height: 900 } } },
    // A phone has no keyboard, and its page scrolls.
    { name: "phone", grepInvert: /with the keyboard alone|a wide page/, use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, userAgent: devices["iPhone 14"].userAgent } },
  ],
  webServer: {
    command: "node serve.mjs",
    env: { SITE: site, PORT: port },
    port: Number(port),
    reuseExistingServer: false,
  },
});
