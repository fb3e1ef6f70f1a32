// Which browser the scripts and the journeys use, and how it is started.
import { chromium } from "@playwright/test";

/** The system's Chromium, which `cargo xtask` names in CHROMIUM; else the one that Playwright keeps. */
export const executablePath = process.env.CHROMIUM || chromium.executablePath();

// Root (a container) has no user namespace to build the sandbox in; /dev/shm is small there too.
export const args = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath, args });
