// The cluster comes after the page: what can be done until then, and what becomes of it.
import { apply, card, control, isNarrow, openEditor, runUntil, story, write } from "./hands";
import { expect, expectAccessible, test } from "./podarium";

const CHUNK = "**/tank-*.wasm";

test("before the cluster is there the page is of use, and what is done is kept and done", async ({ page, open }) => {
  let letPass = () => {};
  const mayPass = new Promise<void>((pass) => (letPass = pass));
  await page.route(CHUNK, async (route) => {
    await mayPass;
    await route.continue();
  });
  await open();
  const stage = page.getByRole("region", { name: "Stage" });
  await expect(stage).toContainText("The cluster is starting…");
  await expectAccessible(page);

  // The lesson can be read, a question answered, the look changed, text typed.
  if (isNarrow(page)) await page.getByRole("navigation").getByRole("button", { name: "Lesson" }).click();
  await page.getByRole("tab", { name: /Quiz/ }).click();
  const question = page.getByRole("region", { name: /Two containers run in one Pod/ });
  await question.getByRole("radio").first().check();
  await question.getByRole("button", { name: "Check answer" }).click();
  await expect(question).toContainText("Not quite.");
  if (isNarrow(page)) await page.getByRole("button", { name: "Back to the stage" }).click();
  await page.getByRole("button", { name: /^Colours/ }).click();
  const editor = await openEditor(page);
  await write(page, (await editor.innerText()).replace("nginx:1.27", "nginx:1.25"));
  await expect(page.getByText("It is looked at as soon as the cluster is there.")).toBeVisible();

  // Acts are kept, in their order and with the text of their moment.
  await apply(page);
  await write(page, "kind: Pod");
  if (isNarrow(page)) await page.getByRole("button", { name: "Back to the stage" }).click();
  await page.getByRole("tab", { name: "kubectl" }).click();
  await page.getByLabel("Command line").fill("kubectl get pods");
  await page.getByLabel("Command line").press("Enter");
  await expect(stage).toContainText("As soon as it is there: apply the manifest, kubectl get pods.");
  await expectAccessible(page);

  letPass();
  await expect(stage).not.toContainText("starting");
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  await expect(card(page, "web")).toContainText("nginx:1.25");
  const terminal = page.getByRole("log", { name: "Terminal" });
  await expect(terminal).toContainText(/pod\/web created[^]*kubectl get pods[^]*web/);
  if (isNarrow(page)) await openEditor(page);
  await expect(page.getByText(/^\d+ errors?[.,]/)).toBeVisible();
});

test("a cluster that did not arrive is fetched again when asked for, and nothing is lost", async ({ page, complaints, open }) => {
  let tries = 0;
  await page.route(CHUNK, (route) => ((tries += 1) === 1 ? route.abort() : route.continue()));
  await open();
  const notice = page.locator(".notices");
  await expect(notice).toContainText("The cluster did not arrive");
  await expectAccessible(page);
  await page.getByRole("button", { name: /^Apply .*yaml$/ }).click();
  expect(tries).toBe(1);
  // The browser and the loader both say what failed.
  expect(complaints.splice(0).length).toBeGreaterThan(0);

  await notice.getByRole("button", { name: "Try again" }).click();
  await expect(notice).not.toContainText("did not arrive");
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
});

test("a visit without the cluster leaves the story as it was", async ({ page, complaints, open }) => {
  await open();
  await page.getByRole("button", { name: /^Apply .*yaml$/ }).click();
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  await page.waitForTimeout(1_000);

  await page.route(CHUNK, (route) => route.abort());
  await page.reload();
  await expect(page.locator(".notices")).toContainText("The cluster did not arrive");
  await control(page, "100×").click();
  await write(page, "kind: Pod");
  await page.waitForTimeout(1_000);
  complaints.length = 0;

  await page.unroute(CHUNK);
  await page.reload();
  await expect(story(page)).toContainText("web is running.");
  await expect(card(page, "web").and(page.getByLabel(/Running/))).toBeVisible();
  await expect(await openEditor(page)).toContainText("kind: Pod");
  await expect(control(page, "100×")).toHaveAttribute("aria-pressed", "true");
});
