import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./podarium";

/** On a narrow page the lesson is a sheet that slides in, and goes away when something is done to the cluster. */
async function openLesson(page: Page) {
  const lesson = page.getByRole("tab", { name: "Lesson" });
  const opener = page.getByRole("button", { name: "Lesson", exact: true });
  await lesson.or(opener).first().waitFor();
  if (!(await lesson.isVisible())) await opener.click();
  await expect(lesson).toBeVisible();
}

test("a task is done by pressing its steps, and its mark follows the cluster", async ({ page, open }) => {
  await open();
  await openLesson(page);
  const task = page.getByRole("region", { name: /Bring the Pod to life/ });
  await expect(task).toContainText("There is no Pod hello yet.");
  await task.getByText("Help").click();
  await task.getByRole("button", { name: "Apply start.yaml" }).click();
  await openLesson(page);
  await expect(task).toContainText("Done.", { timeout: 30_000 });
  await expect(page.getByText("1 of 5 tasks done")).toBeVisible();

  const crash = page.getByRole("region", { name: /Crash the app/ });
  await crash.getByText("Help").click();
  await crash.getByRole("button", { name: "Crash app with exit code 1" }).click();
  await openLesson(page);
  await expect(crash).toContainText("Done.", { timeout: 30_000 });
});

test("the knowledge check works by keyboard alone, explains each answer, and outlives a reload", async ({ page, open }) => {
  await open();
  await openLesson(page);
  await page.getByRole("tab", { name: "Lesson" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Quiz 0/8" })).toBeFocused();

  // A wrong answer first: the panel, the first option, then the button.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const question = page.getByRole("region", { name: /Two containers run in one Pod/ });
  await expect(question).toContainText("Not quite.");
  await expect(page.getByText("You got 0 of 3 right; 2 still to answer.")).toBeVisible();

  // The same button tries again; then the right one.
  await page.keyboard.press("Enter");
  await question.getByRole("radio").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(question).toContainText("Right.");
  await expect(page.getByText("You got 1 of 3 right; 2 still to answer.")).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).include(".lesson-pane").analyze();
  expect(violations).toEqual([]);

  // What is typed is saved when typing has paused.
  const openQuestion = page.getByRole("region", { name: /Why does Kubernetes schedule Pods/ });
  const drawer = openQuestion.getByRole("button", { name: /answer/i });
  await expect(drawer).toBeDisabled();
  await openQuestion.getByLabel("Your answer").fill("Because some programs need the same node and files.");
  await drawer.click();
  await openQuestion.getByLabel("I had it").check();
  await expect(page.getByText("In your own words: 1 of 5 rated, 1 had, 0 partly.")).toBeVisible();
  await page.waitForTimeout(1500);
  await page.reload();
  await openLesson(page);
  await expect(page.getByRole("tab", { name: "Quiz 2/8" })).toHaveAttribute("aria-selected", "true");
  await expect(openQuestion.getByLabel("Your answer")).toHaveValue("Because some programs need the same node and files.");
  await expect(openQuestion.getByLabel("I had it")).toBeChecked();
});

test("a prediction opens its drawer when it has come true or not", async ({ page, open }) => {
  await open();
  await openLesson(page);
  await page.getByRole("tab", { name: /Quiz/ }).click();
  const question = page.getByRole("region", { name: /What becomes of the Pod’s IP/ });
  const drawer = question.getByRole("button", { name: /our answer/i });
  await expect(drawer).toBeDisabled();
  await question.getByLabel("Each restart brings a new one.").check();
  await question.getByText("Help").click();
  await question.getByRole("button", { name: "Apply start.yaml" }).click();
  const crash = question.getByRole("button", { name: "Crash app with exit code 1" });
  const stage = page.locator("#stage");
  for (const press of [crash.first(), crash.last()]) {
    await expect(stage.getByText("2/2").first()).toBeVisible({ timeout: 30_000 });
    await openLesson(page);
    await press.click();
    await page.waitForTimeout(3000);
  }
  await openLesson(page);
  await expect(drawer).toBeEnabled({ timeout: 30_000 });
  await drawer.click();
  await expect(question).toContainText("Not quite.");
  await expect(question).toContainText("The address belongs to the Pod’s sandbox.");
});
