// How a person's hands and eyes move on the page: each journey is told in these words.
import { expect, type Locator, type Page } from "@playwright/test";

/** Whether the page is laid out for a phone: one column, with sheets over the stage. */
export const isNarrow = (page: Page) => page.viewportSize()!.width < 900;

/** The card of a container on the stage. */
export const card = (page: Page, container: string) =>
  page.getByRole("region", { name: "Stage" }).getByRole("article", { name: new RegExp(`^${container}, `) });

/** The box of the Pod that stands on the stage. */
export const podBox = (page: Page, pod: string) => page.getByRole("article", { name: new RegExp(`^Pod ${pod}, `) });

/** The card of a node. */
export const node = (page: Page, name: string) => page.getByRole("article", { name: `Node ${name}` });

/** What the story tells, one line after the other. */
export const story = (page: Page) => page.getByRole("list", { name: "What happened, and why" });

/** The editor, which on a phone has to be opened first. */
export async function openEditor(page: Page): Promise<Locator> {
  const editor = page.getByRole("textbox", { name: "Manifest, YAML" });
  if (isNarrow(page) && !(await editor.isVisible())) await page.getByRole("navigation").getByRole("button", { name: "Manifest" }).click();
  // The plain text field gives way to the real editor as soon as that is there.
  await expect(page.locator(".cm-content")).toBeVisible();
  return editor;
}

/** Puts `text` in the place of everything in the editor. */
export async function write(page: Page, text: string) {
  const editor = await openEditor(page);
  await editor.fill(text);
}

/** Chooses an example from the menu above the editor. */
export async function loadExample(page: Page, title: string) {
  await openEditor(page);
  await page.getByRole("button", { name: "Examples" }).click();
  await page.getByRole("dialog", { name: "Examples" }).getByText(title, { exact: true }).click();
}

export const apply = (page: Page) => page.getByRole("button", { name: /^Apply( \(|$)/ }).click();

/** The controls of time. */
export const control = (page: Page, name: string) => page.getByRole("group", { name: "Time" }).getByRole("button", { name, exact: true });

/** Virtual time runs as fast as `speed` says, until `seen` is there; then it is halted. */
export async function runUntil(page: Page, seen: Locator, speed: "1×" | "10×" | "100×" | "1000×" = "10×") {
  await control(page, speed).click();
  const play = control(page, "Play");
  if (await play.isVisible()) await play.click();
  await expect(seen).toBeVisible({ timeout: 12_000 });
  await control(page, "Pause").click();
}

/** Steps from change to change and notes what `look` sees at each, until it is `enough`. */
export async function stepUntil<T>(
  page: Page,
  look: () => Promise<T>,
  enough: (seen: T) => boolean,
  direction: "Next change" | "Previous change" = "Next change",
): Promise<T[]> {
  const seen = [await look()];
  while (!enough(seen.at(-1)!)) {
    expect(seen.length, `not there yet after so many steps; the last saw ${JSON.stringify(seen.at(-1))}`).toBeLessThan(40);
    await control(page, direction).click();
    // The page has drawn the step when two frames have passed.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    seen.push(await look());
  }
  return seen;
}
