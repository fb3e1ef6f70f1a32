// What a visitor downloads before the first click, as a good web server compresses it.
// Everything in the site counts, except what is fetched later or instead: the editor's chunk and 404.html.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

// What we are after, and what the page weighs at most until it is there. The ceiling only ever goes down:
// docs/decisions/0011-what-a-first-visit-downloads.md says what stands in the way and how it is to be removed.
const GOAL_BYTES = 250 * 1024;
const CEILING_BYTES = 1010 * 1024;
const site = process.argv[2] ?? "dist";

const isLater = (name) => /^js\/(?!boot-)[^/]*\.js$/.test(name) || name === "404.html" || name === ".nojekyll";

const rows = readdirSync(site, { recursive: true })
  .map((name) => join(site, name))
  .filter((path) => statSync(path).isFile())
  .map((path) => {
    const body = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    const name = relative(site, path).replaceAll("\\", "/");
    return { name, raw: body.length, brotli: brotliCompressSync(body, { params }).length, later: isLater(name) };
  })
  .sort((a, b) => Number(a.later) - Number(b.later) || b.brotli - a.brotli);

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(10);
for (const { name, raw, brotli, later } of rows) {
  console.log(`${kilobytes(raw)} ${kilobytes(brotli)} br  ${later ? "later  " : "at once"}  ${name}`);
}
const sum = rows.filter((row) => !row.later).reduce((bytes, row) => bytes + row.brotli, 0);
console.log(
  `Before the first click: ${kilobytes(sum).trim()} (brotli). The ceiling is ${kilobytes(CEILING_BYTES).trim()}, the goal ${kilobytes(GOAL_BYTES).trim()}.`,
);
if (sum > GOAL_BYTES) console.log("THE GOAL IS NOT MET YET.");
if (sum > CEILING_BYTES) {
  console.error("Over the ceiling. `twiggy top` or `wasm-opt --metrics` show where a module's bytes are.");
  process.exit(1);
}
