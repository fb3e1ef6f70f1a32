// What every journey starts from: a page that has mounted, and that may not complain.
import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export { expect };

/** The sub-path that the site was built for, read from the site. */
export const subPath: string = (() => {
  const html = readFileSync(join(process.env.SITE ?? "dist", "index.html"), "utf8");
  return html.match(/<base[^>]*href="([^"]*)"/)?.[1] ?? "/";
})();

type Fixtures = {
  /** Opens the page and waits for the app; `path` is what follows the sub-path. */
  open: (path?: string) => Promise<void>;
  /** What the page has complained of so far. A journey that expects a complaint takes it out. */
  complaints: string[];
};

export const test = base.extend<Fixtures>({
  baseURL: `http://127.0.0.1:${process.env.PORT ?? "4280"}${subPath}`,
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
      await use(complaints);
      // A panic in wasm ends up here too.
      expect(complaints, "errors and warnings of the page").toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, baseURL }, use) => {
    await use(async (path = "") => {
      await page.goto(new URL(path, baseURL).href);
      await page.locator("#skeleton").waitFor({ state: "detached" });
    });
  },
});

/** Fails with axe's own words when it finds anything. */
export async function expectAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  expect(found, "what axe found").toEqual([]);
}
