// Chromium, and the pages of an origin of our own.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const types = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".map": "application/json",
};
const open = /^\/(dist|tests\/js\/(contract|support))\//;

/** Serves the package and empty pages; `routes` answers paths of its own. */
export async function serve(routes = {}) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    // A sandboxed page has no origin, and asks for its modules as a stranger.
    response.setHeader("access-control-allow-origin", "*");
    if (routes[path]) return routes[path](request, response);
    if (!open.test(path)) return sendPage(response);
    try {
      const file = await readFile(join(root, normalize(path)));
      response.setHeader("content-type", types[extname(path)] ?? "text/plain").end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An empty page. */
export function sendPage(response) {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>test</title>");
}

/** A page of this origin, in a tab of its own, with `durastate` as a global. */
export async function openPage(context, origin, path = "/page") {
  const page = await context.newPage();
  await page.goto(`${origin}${path}`);
  await load(page);
  return page;
}

/** Makes the package a global of the page; again after each reload. */
export async function load(page, entry = "/dist/index.js") {
  await page.evaluate(async (entry) => {
    globalThis.durastate = await import(entry);
  }, entry);
}
