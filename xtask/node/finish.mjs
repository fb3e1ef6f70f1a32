// trunk's post_build hook: the last touches to the built site, in trunk's staging folder.
import { copyFileSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { split } from "./split.mjs";

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
if (release) {
  html = await split(root, site, html);
  html = html.replace(/<!--.*?-->/gs, "").replace(/\n\s*/g, "\n");
}
writeFileSync(index, html);

// A deep link on a static host answers with this page, and the app finds its way from the address.
copyFileSync(index, join(site, "404.html"));
// GitHub Pages would otherwise leave out files that begin with an underscore.
writeFileSync(join(site, ".nojekyll"), "");
