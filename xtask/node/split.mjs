// Cuts the released page's WebAssembly at its lazy door (src/tank/mod.rs) into what is needed at once and the
// cluster's chunk, shrinks both, and puts them into the site in the place of the one module that trunk made.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);
const hashed = (name, body, ending) => `${name}-${createHash("sha256").update(body).digest("hex").slice(0, 16)}${ending}`;

/** Returns `html` with the names of the new files. */
export async function split(root, site, html) {
  const { stdout } = await run("cargo", ["metadata", "--no-deps", "--offline", "--format-version", "1"], { cwd: root, maxBuffer: 1 << 26 });
  const linked = join(JSON.parse(stdout).target_directory, "wasm32-unknown-unknown/release/podarium.wasm");
  const folder = join(root, "target/page/split");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  // The cut is made before wasm-bindgen, and along the linker's own relocations: functions and data that only the
  // door leads to go into the chunk, which shares memory and table with the rest.
  await run("podarium-wasm-split", [linked, folder, "podarium"]);
  const bound = join(folder, "bound");
  await run("wasm-bindgen", ["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir", bound, "--out-name", "podarium", join(folder, "podarium.wasm")]);

  // npm's binaryen at the pinned version: some distributions ship one that writes broken modules.
  const wasmOpt = join(root, "node_modules/binaryen/bin/wasm-opt");
  const shrunk = async (from, to) => {
    await run(process.execPath, [wasmOpt, "-Oz", "--strip-debug", "--strip-producers", from, "-o", join(folder, to)]);
    return readFileSync(join(folder, to));
  };
  const [main, tank] = await Promise.all([
    shrunk(join(bound, "podarium_bg.wasm"), "main.opt.wasm"),
    shrunk(join(folder, "split_tank.wasm"), "tank.opt.wasm"),
  ]);

  // wasm-bindgen's glue, and the splitter's that fetches the chunk, in one file.
  const tankName = hashed("tank", tank, ".wasm");
  const loader = readFileSync(join(folder, "__wasm_split.js"), "utf8").replace("split_tank.wasm", tankName);
  writeFileSync(join(bound, "__wasm_split.js"), loader);
  const { outputFiles } = await build({
    entryPoints: [join(bound, "podarium.js")],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
  const glue = outputFiles[0].contents;
  const names = { js: hashed("podarium", glue, ".js"), wasm: hashed("podarium", main, "_bg.wasm") };
  for (const name of readdirSync(site).filter((name) => /^podarium-[^/]*(\.js|_bg\.wasm)$/.test(name))) {
    rmSync(join(site, name));
    html = html.replaceAll(name, name.endsWith(".js") ? names.js : names.wasm);
  }
  writeFileSync(join(site, names.js), glue);
  writeFileSync(join(site, names.wasm), main);
  writeFileSync(join(site, tankName), tank);
  return html;
}
