// trunk's post_build hook: the last touches to the built site, in trunk's staging folder.
import { copyFileSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const site = process.env.TRUNK_STAGING_DIR;
const release = process.env.TRUNK_PROFILE === "release";

const files = readdirSync(site, { recursive: true })
  .map((name) => join(site, name))
  .filter((path) => statSync(path).isFile());

// The loader's file is named after its content.
const index = join(site, "index.html");
let html = readFileSync(index, "utf8");
const boot = files.find((path) => /^boot-[^/\\]*\.js$/.test(relative(join(site, "js"), path)));
html = html.replace("js/boot.js", relative(site, boot).replaceAll("\\", "/"));

// trunk serve adds an inline script that reloads the page: only then may inline scripts and its socket pass.
if (html.includes("__TRUNK_ADDRESS__")) {
  html = html.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'").replace("connect-src 'self'", "connect-src *");
}
if (release) html = html.replace(/<!--.*?-->/gs, "").replace(/\n\s*/g, "\n");
writeFileSync(index, html);

// A deep link on a static host answers with this page, and the app finds its way from the address.
copyFileSync(index, join(site, "404.html"));
// GitHub Pages would otherwise leave out files that begin with an underscore.
writeFileSync(join(site, ".nojekyll"), "");

if (release) {
  for (const path of files) {
    if (path.endsWith(".js") && !path.startsWith(join(site, "js"))) {
      const { code } = transformSync(readFileSync(path, "utf8"), { minify: true, format: "esm", target: "es2022" });
      writeFileSync(path, code);
    }
    if (path.endsWith(".wasm")) {
      // npm's binaryen at the pinned version: some distributions ship one that writes broken modules.
      const wasmOpt = join(root, "node_modules/binaryen/bin/wasm-opt");
      const { status } = spawnSync(process.execPath, [wasmOpt, "-Oz", path, "-o", path], { stdio: "inherit" });
      if (status !== 0) {
        console.error(`wasm-opt failed on ${relative(site, path)}`);
        process.exit(1);
      }
    }
  }
}
