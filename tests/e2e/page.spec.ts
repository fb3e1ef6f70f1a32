import { expect, expectAccessible, subPath, test } from "./podarium";

test("the page opens under its sub-path, with nothing from elsewhere", async ({ page, open }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && (url.hostname !== "127.0.0.1" || !url.pathname.startsWith(subPath))) elsewhere.push(request.url());
  });
  await open();
  await expect(page).toHaveTitle(/Podarium/);
  await expect(page.getByText("Podarium").first()).toBeVisible();
  expect(elsewhere).toEqual([]);
});

test("axe finds nothing", async ({ page, open }) => {
  await open();
  await expectAccessible(page);
});

test("axe finds nothing in the dark", async ({ page, open }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open();
  await expectAccessible(page);
});

test("nothing reaches over the sides of the screen", async ({ page, open }) => {
  await open();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over).toBeLessThanOrEqual(0);
});

test("a wide page stands still: only its parts scroll", async ({ page, open }) => {
  await open();
  const over = await page.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);
  expect(over).toBeLessThanOrEqual(0);
});

test("an unknown address answers with the page", async ({ page, complaints, open }) => {
  await open("no/such/lesson");
  await expect(page).toHaveTitle(/Podarium/);
  // The browser logs the answer's own 404 status, as on GitHub Pages.
  expect(complaints.splice(0)).toEqual([expect.stringContaining("404")]);
});

test("a page that cannot load says so and offers to reload", async ({ page, complaints, baseURL }) => {
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto(baseURL!);
  await expect(page.getByRole("alert")).toContainText("could not start");
  await expect(page.getByRole("button", { name: "Reload" })).toBeVisible();
  complaints.length = 0;
});
