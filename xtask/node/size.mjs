// What a visitor downloads, as a good web server compresses it: everything before the first click, and the two
// chunks that come after the first paint. docs/decisions/0011-what-a-first-visit-downloads.md says what counts, and why.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

// The first is what was promised. The others are what the chunks weigh at most: the cluster learns more of
// Kubernetes, but nothing gets heavier unseen.
const LIMITS = {
  "at once": { bytes: 250 * 1024, what: "Before the first click" },
  cluster: { bytes: 1150 * 1024, what: "The cluster, fetched after the first paint" },
  editor: { bytes: 120 * 1024, what: "The editor, fetched after the first paint" },
};
const site = process.argv[2] ?? "dist";

/** When a file is fetched; nothing for what is fetched instead of another, or never. */
const when = (name) => {
  if (name === "404.html" || name === ".nojekyll") return undefined;
  if (/^tank-[^/]*\.wasm$/.test(name)) return "cluster";
  return /^js\/(?!boot-)[^/]*\.js$/.test(name) ? "editor" : "at once";
};

const rows = readdirSync(site, { recursive: true })
  .map((name) => join(site, name))
  .filter((path) => statSync(path).isFile())
  .map((path) => {
    const body = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    const name = relative(site, path).replaceAll("\\", "/");
    return { name, raw: body.length, brotli: brotliCompressSync(body, { params }).length, when: when(name) };
  })
  .filter((row) => row.when)
  .sort((a, b) => a.when.localeCompare(b.when) || b.brotli - a.brotli);

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
for (const { name, raw, brotli, when } of rows) {
  console.log(`${kilobytes(raw).padStart(10)} ${kilobytes(brotli).padStart(10)} br  ${when.padEnd(8)} ${name}`);
}
let over = false;
for (const [when, { bytes, what }] of Object.entries(LIMITS)) {
  const files = rows.filter((row) => row.when === when);
  const sum = files.reduce((sum, row) => sum + row.brotli, 0);
  console.log(`${what}: ${kilobytes(sum)} (brotli), at most ${kilobytes(bytes)}.`);
  // A part without files has not been cut off, and would be counted as nothing.
  over ||= sum > bytes || files.length === 0;
}
if (over) {
  console.error("Over a limit. `twiggy top` or `wasm-opt --metrics` show where a module's bytes are.");
  process.exit(1);
}
