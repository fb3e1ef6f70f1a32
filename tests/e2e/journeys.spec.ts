import type { Page } from "@playwright/test";
import { apply, card, control, isNarrow, loadExample, node, openEditor, podBox, runUntil, stepUntil, story, write } from "./hands";
import { expect, expectAccessible, test } from "./podarium";

/** The word of a container's state, as a person sees it on its card; "gone" when the stage has no such card. */
const stateOf = async (page: Page, container: string) => {
  const label = (await card(page, container).count()) ? await card(page, container).first().getAttribute("aria-label") : null;
  return label?.match(/container, ([^,]*)/)?.[1] ?? "gone";
};

const statesOf = async (page: Page, ...containers: string[]) => Promise.all(containers.map((name) => stateOf(page, name)));

/** Opens "Act on the Pod" and chooses from it. */
async function actOnPod(page: Page, what: string) {
  await page.getByRole("button", { name: "Act on the Pod" }).click();
  await page.getByRole("dialog", { name: /^Act on/ }).getByText(what, { exact: true }).click();
}

test("a newcomer's first minute: a Pod comes to life, and a changed line of its YAML shows", async ({ page, open }) => {
  await open();
  await expect(page.getByRole("heading", { name: "No Pod yet: apply the manifest" })).toBeVisible();
  await openEditor(page);
  await apply(page);
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  await expect(podBox(page, "web")).toHaveAccessibleName("Pod web, Running, 1 of 1 ready");
  const localhost = page.getByRole("region", { name: "localhost" });
  await expect(localhost).toContainText("10.244.");
  await expect(localhost).toContainText(":80");
  await expect(page.getByRole("region", { name: "pause, the foundation" })).toContainText("Running");
  await expect(story(page)).toContainText("Nothing runs yet: it needs a node.");
  await expect(story(page)).toContainText("web is running.");

  // One line is changed; Ctrl+Enter applies it: another image in the same Pod, with one restart.
  const editor = await openEditor(page);
  const text = (await editor.innerText()).replace("nginx:1.27", "nginx:1.25");
  await write(page, text);
  await editor.press("ControlOrMeta+Enter");
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running.*restarted once/)));
  await expect(card(page, "web")).toContainText("nginx:1.25");
  await expectAccessible(page);
});

test("a sidecar is there before its app and leaves after it", async ({ page, open }) => {
  await open();
  await loadExample(page, "Bookstore catalog with a sidecar");
  await apply(page);
  await control(page, "Pause").click();
  await control(page, "To the start").click();

  const born = await stepUntil(page, () => statesOf(page, "log-sidecar", "catalog"), ([, app]) => app === "Running");
  expect(born.filter(([sidecar, app]) => sidecar === "Running" && app !== "Running"), "the sidecar runs alone for a while").not.toEqual([]);
  expect(born.filter(([sidecar, app]) => sidecar !== "Running" && app === "Running"), "the app never runs without it").toEqual([]);
  await expect(story(page)).toContainText(/log-sidecar is started, so .* may start/);

  // The app ends within a blink: back to the moment before the deletion, and through it in slow motion.
  await actOnPod(page, "Delete it");
  await control(page, "Pause").click();
  const terminating = async () => (await podBox(page, "catalog").getAttribute("aria-label"))!.includes("Terminating");
  await stepUntil(page, terminating, (seen) => !seen, "Previous change");
  const sidecarWaits = async () =>
    (await card(page, "log-sidecar").innerText()).includes("SIGTERM waits for catalog") &&
    (await card(page, "catalog").innerText()).includes("SIGTERM sent");
  await stepUntil(page, sidecarWaits, (waits) => waits);
  await expect(podBox(page, "catalog")).toHaveAccessibleName(/Terminating/);
  await expectAccessible(page);
  const died = await stepUntil(page, () => statesOf(page, "log-sidecar", "catalog"), ([sidecar, app]) => sidecar !== "Running" && app !== "Running");
  expect(died.filter(([sidecar, app]) => sidecar === "Running" && app === "Completed"), "the sidecar outlives the app").not.toEqual([]);
  expect(died.filter(([sidecar, app]) => sidecar !== "Running" && app === "Running"), "the app never outlives it").toEqual([]);
  await expect(story(page)).toContainText("log-sidecar still runs: a sidecar gets SIGTERM only after catalog has ended.");
});

test("time is dragged back, and acting there begins a new future", async ({ page, open }) => {
  await open();
  await openEditor(page);
  await apply(page);
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  const timeline = page.getByRole("region", { name: "Timeline" });
  const moment = page.getByRole("slider", { name: "Moment that is shown" });
  const lived = Number(await moment.getAttribute("aria-valuenow"));

  // With the pointer: from the playhead to a moment shortly after the beginning.
  const head = (await moment.boundingBox())!;
  const lanes = (await page.getByRole("list", { name: "Lanes" }).boundingBox())!;
  await page.mouse.move(head.x + head.width / 2, lanes.y + lanes.height / 2);
  await page.mouse.down();
  await page.mouse.move(lanes.x + 8, lanes.y + lanes.height / 2, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => Number(await moment.getAttribute("aria-valuenow"))).toBeLessThan(2);
  await expect(timeline).toContainText("You are in the past");
  await expect(card(page, "web").and(page.getByLabel(/Running/))).toBeHidden();
  await expect(story(page)).not.toContainText("web is running.");
  await page.getByRole("tab", { name: "YAML" }).click();
  await expect(page.getByRole("region", { name: "YAML of the object" })).toContainText("phase: Pending");

  // Back to the newest moment: nothing was lost by looking.
  await page.getByRole("button", { name: "Back to the newest moment" }).click();
  await expect(page.getByRole("region", { name: "YAML of the object" })).toContainText("phase: Running");
  await expect(timeline).not.toContainText("You are in the past");

  // An act in the past asks first; cancelled, nothing has changed.
  await moment.press("Home");
  await control(page, "Next change").click();
  await actOnPod(page, "Delete it");
  const question = page.getByRole("dialog", { name: "Begin a new future here?" });
  await expect(question).toContainText("is dropped");
  await question.getByRole("button", { name: "Cancel" }).click();
  await moment.press("End");
  await expect(moment).toHaveAttribute("aria-valuenow", lived.toFixed(1));
  await expect(podBox(page, "web")).toHaveAccessibleName(/Running/);

  await moment.press("Home");
  await control(page, "Next change").click();
  await actOnPod(page, "Delete it");
  await question.getByRole("button", { name: "Begin a new future" }).click();
  await runUntil(page, page.getByRole("heading", { name: /No Pod/ }));
  await page.getByRole("tab", { name: "Story" }).click();
  await expect(story(page)).not.toContainText("Pod web went from Pending to Running");
});

test("a node that loses its power is visibly dead, and its Pod is given up", async ({ page, open }) => {
  await open();
  await openEditor(page);
  await apply(page);
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  const home = (await podBox(page, "web").innerText()).match(/on (node-\d)/)![1];
  await node(page, home).getByRole("button", { name: `Kill ${home}` }).click();
  await expect(node(page, home)).toContainText("power lost");
  await runUntil(page, node(page, home).getByText("NotReady"), "100×");
  // A bare Pod waits out its five minutes of toleration, then hangs in Terminating: nobody is there to confirm.
  await runUntil(page, podBox(page, "web").and(page.getByLabel(/Terminating/)), "100×");
  await node(page, home).getByRole("button", { name: `Revive ${home}` }).click();
  await runUntil(page, page.getByRole("heading", { name: /No Pod/ }), "100×");
  await expect(node(page, home)).toContainText("Ready");
});

test("broken YAML shows all its mistakes at once, and the old Pod runs on", async ({ page, open }) => {
  await open();
  await openEditor(page);
  await apply(page);
  await runUntil(page, card(page, "web").and(page.getByLabel(/Running/)));
  await write(page, [
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    "  name: web",
    "spec:",
    "  restartPolice: Never",
    "  containers:",
    "    - name: Web_1",
    "      image: nginx:1.27",
    "      ports:",
    "        - containerPort: 70000",
    "      volumeMounts:",
    "        - name: nowhere",
    "          mountPath: /data",
    "",
  ].join("\n"));
  const findings = page.getByRole("region", { name: "What is wrong with the manifest" });
  await expect(findings.getByRole("status")).toContainText("4 errors");
  for (const [place, words] of [["6:", "restartPolice"], ["8:", "RFC 1123"], ["11:", "65535"], ["13:", "nowhere"]]) {
    await expect(findings.getByRole("button").filter({ hasText: words }).filter({ hasText: place })).toHaveCount(1);
  }
  // A finding leads to its place in the text.
  await findings.getByRole("button").filter({ hasText: "65535" }).click();
  await expect(page.locator(".cm-activeLine")).toContainText("70000");
  await expectAccessible(page);

  await apply(page);
  await expect(page.getByText("Nothing was changed: what runs in the cluster goes on as it is.")).toBeVisible();
  if (isNarrow(page)) await page.getByRole("button", { name: "Back to the stage" }).click();
  await expect(podBox(page, "web")).toHaveAccessibleName("Pod web, Running, 1 of 1 ready");
});

test("a reload keeps the text, the cluster, and the moment that was shown", async ({ page, open }) => {
  await open();
  await loadExample(page, "Bookstore catalog with a sidecar");
  await apply(page);
  await runUntil(page, card(page, "catalog").and(page.getByLabel(/Running/)));
  const editor = await openEditor(page);
  await write(page, `# mine\n${await editor.innerText()}`);
  if (isNarrow(page)) await page.getByRole("button", { name: "Back to the stage" }).click();
  await control(page, "Previous change").click();
  const clock = page.getByRole("region", { name: "Timeline" }).getByRole("time");
  const [shown, told, spoken] = [await clock.textContent(), await story(page).innerText(), await podBox(page, "catalog").getAttribute("aria-label")];
  // At once, without any wait for something to be saved.
  await page.reload();
  await expect(podBox(page, "catalog")).toHaveAccessibleName(spoken!);
  await expect(clock).toHaveText(shown!);
  expect(await story(page).innerText()).toBe(told);
  await expect(page.getByText("You are in the past")).toBeVisible();
  await expect(await openEditor(page)).toContainText("# mine");
});

test("with the keyboard alone: apply, look, crash, rewind, delete", async ({ page, open }) => {
  await open();
  const press = async (...keys: string[]) => { for (const key of keys) await page.keyboard.press(key); };
  await expect(page.locator(".cm-content")).toBeVisible();

  // Into the editor, to its end, a line typed, applied, and out again.
  await press("m");
  await expect(page.getByRole("textbox", { name: "Manifest, YAML" })).toBeFocused();
  await press("ControlOrMeta+End");
  await page.keyboard.type("# typed\n");
  await press("ControlOrMeta+Enter");
  await expect(podBox(page, "web")).toBeVisible();
  await press("Escape", "Tab");
  await expect(page.getByRole("textbox", { name: "Manifest, YAML" })).not.toBeFocused();

  await press("2");
  await expect(control(page, "10×")).toHaveAttribute("aria-pressed", "true");
  await expect(card(page, "web").and(page.getByLabel(/Running/))).toBeVisible();
  await press("e");
  await expect(page.getByRole("region", { name: "Events" })).toContainText("Pulled");
  await press("s");

  // The menu of a container: opened, walked through, used.
  const act = page.getByRole("button", { name: "Act on web" });
  await act.focus();
  await press("Enter");
  const menu = page.getByRole("dialog", { name: "Act on web" });
  await expect(menu).toBeVisible();
  await press("Tab");
  await expect(menu.getByRole("spinbutton", { name: "exit code" })).toBeFocused();
  await press("ControlOrMeta+a");
  await page.keyboard.type("7");
  await press("Tab", "Enter");
  await expect(card(page, "web")).toContainText("exit 7");
  await expect(card(page, "web")).toContainText("1 restart");

  // Time, on its slider.
  const moment = page.getByRole("slider", { name: "Moment that is shown" });
  await moment.focus();
  await press("Home");
  await expect(moment).toHaveAttribute("aria-valuenow", "0.0");
  await press("End");
  await expect(page.getByText("You are in the past")).toBeHidden();

  // The Pod is deleted from the command line.
  await press("k");
  await expect(page.getByRole("textbox", { name: "Command line" })).toBeFocused();
  await page.keyboard.type("kubectl delete pod web --grace-period=1");
  await press("Enter");
  await expect(page.getByRole("heading", { name: /No Pod/ })).toBeVisible();
  await expect(page.getByRole("log", { name: "Terminal" })).toContainText('pod "web" deleted');
});

test("eight containers with long names and six volumes: nothing overlaps, nothing reaches over the sides", async ({ page, open }) => {
  const many = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n + 1)).join("\n");
  const name = (n: number) => `a-container-with-quite-a-long-name-of-its-own-${n}`;
  await open();
  await write(page, `apiVersion: v1
kind: Pod
metadata:
  name: a-pod-whose-name-takes-more-room-than-a-narrow-column-has
spec:
  containers:
${many(8, (n) => `    - name: ${name(n)}
      image: busybox:1.36
      command: ["sleep", "3600"]
      volumeMounts:
        - {name: a-volume-with-a-long-name-too-${(n % 6) + 1}, mountPath: /a/deep/path/in/the/container/${n}}`)}
  volumes:
${many(6, (n) => `    - {name: a-volume-with-a-long-name-too-${n}, emptyDir: {}}`)}
`);
  await apply(page);
  await runUntil(page, card(page, name(8)).and(page.getByLabel(/Running/)));
  const crowd = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll("[data-card], [aria-label='Volumes'] article")].map((it) => it.getBoundingClientRect());
    const apart = (a: DOMRect, b: DOMRect) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    const root = document.documentElement;
    return {
      boxes: boxes.length,
      overlaps: boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => !apart(a, b))).length,
      overSide: root.scrollWidth - root.clientWidth,
      // A card whose contents are wider than itself would cut them off.
      cut: [...document.querySelectorAll("[data-card]")].filter((it) => it.scrollWidth > it.clientWidth + 1).length,
    };
  });
  expect(crowd).toEqual({ boxes: 14, overlaps: 0, overSide: 0, cut: 0 });
  await expectAccessible(page);
});

test("a why has its rule, and leads to the line of the YAML that decided", async ({ page, open }) => {
  await open();
  await write(
    page,
    `apiVersion: v1
kind: Pod
metadata:
  name: checked
spec:
  containers:
  - name: web
    image: nginx:1.27
    livenessProbe:
      httpGet: {path: /missing, port: 80}
      periodSeconds: 2
      failureThreshold: 2
`,
  );
  await apply(page);
  await runUntil(page, card(page, "web").and(page.getByLabel(/restarted once/)));
  const why = page.getByRole("region", { name: "Why" });
  await control(page, "Previous change").click();
  for (let back = 0; back < 40 && !(await why.innerText()).includes("liveness"); back++) await control(page, "Previous change").click();
  await why.locator("summary").click();
  await expect(why).toContainText("failureThreshold");
  await expect(why).toContainText("spec.containers[0].livenessProbe.failureThreshold: 2");
  await expect(why).toContainText("pkg/kubelet/");
  await why.getByRole("button", { name: "line 12" }).click();
  await expect(page.locator(".cm-activeLine")).toContainText("failureThreshold: 2");
  await expectAccessible(page);
});
