// Serves files on 127.0.0.1, as any static host would.
import { createServer } from "node:http";
import { extname } from "node:path";
import { Failed } from "./run.mjs";

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".rs": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

const headers = {
  // the pages say the same, for hosts that send no headers; a frame's ancestors can be named only here
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

const usual = 4747;
const further = 50;

/** Resolves with { url, close } once it answers. Without a port it takes 4747 or the next free one. */
export async function serve(files, port) {
  const server = createServer((request, response) => answer(files, request, response));
  const taken = await listen(server, port ?? usual, port === undefined ? further : 0);
  return {
    url: `http://127.0.0.1:${taken}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server, first, more) {
  for (let port = first; port <= first + more; port++) {
    const failure = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (!failure) return server.address().port;
    if (failure.code !== "EADDRINUSE") throw new Failed(`cannot listen on port ${port}: ${failure.message}`);
  }
  throw new Failed(`port ${first} is taken${more ? `, and so are the ${more} after it` : ""}; PORT names another`);
}

function answer(files, { method, url }, response) {
  const send = (status, body, more) => {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers, ...more });
    response.end(method === "HEAD" ? undefined : body);
  };
  if (method !== "GET" && method !== "HEAD") return send(405, "Only GET and HEAD\n", { Allow: "GET, HEAD" });
  const path = url.split(/[?#]/)[0].slice(1);
  const name = path === "" ? "index.html" : path;
  const body = files.get(name);
  if (body) return send(200, body, { "Content-Type": types[extname(name)] ?? "application/octet-stream" });
  send(404, "There is no such page\n");
}
