// trunk's pre_build hook: bundles style/main.css, and the loader with the editor's chunk, into target/page/.
// Files are rewritten only when they changed: trunk watches, and an idle write would build for ever.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

let esbuild;
try {
  esbuild = await import("esbuild");
} catch {
  console.error("esbuild is not there: run `npm ci`, or `cargo xtask setup`, first.");
  process.exit(1);
}

const release = process.env.TRUNK_PROFILE === "release";
const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  minify: release,
  legalComments: "none",
  logLevel: "warning",
  target: ["es2022", "chrome123", "firefox128", "safari17.5"],
};

const styles = ["style/skeleton.css", "style/main.css"].filter((path) => existsSync(join(root, path)));
const css = await esbuild.build({
  ...common,
  stdin: { contents: styles.map((path) => `@import "./${path}";`).join("\n"), resolveDir: root, loader: "css" },
  outfile: "target/page/css/main.css",
  external: ["data:*"],
});

const js = await esbuild.build({
  ...common,
  entryPoints: { boot: "src/boot.js" },
  format: "esm",
  splitting: true,
  outdir: "target/page/js",
  // The content is in the name, so that a browser never joins a new page to an old chunk.
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
});

const written = new Set();
for (const file of [...css.outputFiles, ...js.outputFiles]) {
  written.add(basename(file.path));
  mkdirSync(dirname(file.path), { recursive: true });
  const old = existsSync(file.path) ? readFileSync(file.path) : null;
  if (!old || !old.equals(Buffer.from(file.contents))) writeFileSync(file.path, file.contents);
}
for (const folder of ["css", "js"]) {
  for (const name of readdirSync(join(root, "target/page", folder))) {
    if (!written.has(name)) rmSync(join(root, "target/page", folder, name));
  }
}
