// A static server for the built site, as plain as GitHub Pages: it knows one sub-path (the one that the
// site was built for), compresses text and wasm, and answers everything unknown with 404.html.
//   node tests/e2e/serve.mjs        SITE: the folder (default dist), PORT: default 4280
import { createServer } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Serves `site` on `port` (0: any); resolves to the page's address and a function that ends the server. */
export async function serve(site = process.env.SITE ?? "dist", port = Number(process.env.PORT ?? 4280)) {
  const folder = resolve(site);
  // The sub-path stands in the page that was built for it.
  const base = readFileSync(join(folder, "index.html"), "utf8").match(/<base[^>]*href="([^"]*)"/)?.[1] ?? "/";
  const cache = new Map();

  const read = (path) => {
    const file = normalize(join(folder, path));
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) return null;
    const known = cache.get(file);
    const changed = statSync(file).mtimeMs;
    if (known?.changed === changed) return known;
    const body = gzipSync(readFileSync(file));
    const answer = { body, changed, type: TYPES[extname(file)] ?? "application/octet-stream" };
    cache.set(file, answer);
    return answer;
  };

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(base) ? path.slice(base.length) : null;
    const found = inside === null ? null : read(inside === "" ? "index.html" : inside);
    const answer = found ?? (inside === null ? null : read("404.html"));
    if (!answer) {
      response.writeHead(404, { "content-type": "text/plain" }).end(`The site is under ${base}\n`);
      return;
    }
    response.writeHead(found ? 200 : 404, {
      "content-type": answer.type,
      "content-encoding": "gzip",
      "cache-control": "max-age=600",
    });
    response.end(answer.body);
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}${base}`,
    close: () => new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    }),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { url } = await serve();
  console.log(`The built site is at ${url}`);
}
