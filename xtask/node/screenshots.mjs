// The pictures in docs/screenshots/, taken again from the built site. SITE and PORT as in tests/e2e/serve.mjs.
import { mkdirSync } from "node:fs";
import { serve } from "../../tests/e2e/serve.mjs";
import { launch } from "./browser.mjs";

const SCREENS = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const THEMES = ["light", "dark"];

/** What is on the picture: each brings a fresh page into the state that it shows. */
const STATES = {
  start: async () => {},
  running: async (page) => {
    await page.getByRole("button", { name: /^Apply .*yaml$/ }).click();
    await page.getByRole("article", { name: /Running, 1 of 1 ready/ }).waitFor();
  },
};

const folder = "docs/screenshots";
mkdirSync(folder, { recursive: true });
const site = await serve();
const browser = await launch();
for (const [screen, viewport] of Object.entries(SCREENS)) {
  for (const colorScheme of THEMES) {
    for (const [state, arrange] of Object.entries(STATES)) {
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(site.url);
      await page.locator("#skeleton").waitFor({ state: "detached" });
      await arrange(page);
      const path = `${folder}/${state}-${screen}-${colorScheme}.png`;
      await page.screenshot({ path, animations: "disabled" });
      console.log(path);
      await context.close();
    }
  }
}
await browser.close();
await site.close();
