// Cargo's runner for wasm test programs (.cargo/config.toml): lets wasm-bindgen-test-runner serve the test page,
// opens it in the browser that the journeys use, and ends as the tests end. So no WebDriver has to match a browser.
//   node xtask/node/wasm-test.mjs TEST.wasm [ARGUMENTS]
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { launch } from "./browser.mjs";

const RUN_SECONDS_MAX = 300;

const runner = spawn("wasm-bindgen-test-runner", process.argv.slice(2), {
  env: { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: "127.0.0.1:0" },
  stdio: ["ignore", "pipe", "inherit"],
});
runner.on("error", (error) => {
  console.error(`wasm-bindgen-test-runner did not start (${error.message}); \`cargo xtask test browser\` gets it.`);
  process.exit(1);
});

// The runner ends by itself when there is nothing to run, or nothing that runs; else it says where it serves.
const said = [];
const address = await new Promise((found) => {
  runner.on("exit", (code) => {
    console.log(said.join("\n"));
    process.exit(code ?? 1);
  });
  createInterface({ input: runner.stdout }).on("line", (line) => {
    said.push(line);
    const match = line.match(/https?:\/\/[\d.:]+/);
    if (match) found(match[0]);
  });
});
runner.removeAllListeners("exit");

const browser = await launch();
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error));
if (process.argv.includes("--nocapture")) page.on("console", (message) => console.log(message.text()));
await page.goto(address);
const output = page.locator("#output");
let passed = false;
try {
  await page.waitForFunction(
    () => /test result: |no tests to run/.test(document.getElementById("output")?.textContent ?? ""),
    undefined,
    { timeout: RUN_SECONDS_MAX * 1000 },
  );
  passed = !/test result: FAILED/.test(await output.textContent());
} catch (error) {
  console.error(`The tests did not end: ${error.message}`);
}
console.log((await output.textContent()).trim());
await browser.close();
runner.kill();
process.exit(passed ? 0 : 1);
