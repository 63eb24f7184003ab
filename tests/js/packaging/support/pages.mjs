// Pages that use the package without any bundler.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./installed.mjs";
import { serve } from "./server.mjs";

const strict = { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'" };

/** A page that runs one module. */
export function html(script, head = "") {
  return `<!doctype html><link rel="icon" href="data:,">${head}<script type="module" src="${script}"></script>`;
}

/** Serves /mapped/NAME.html, which has an import map, and /direct/NAME.html and /strict/NAME.html, which go without. */
export async function servePages() {
  const folder = await project();
  const addresses = exported(folder);
  const map = `<script type="importmap">${JSON.stringify({ imports: addresses })}</script>`;
  for (const kind of ["mapped", "direct", "strict"]) mkdirSync(join(folder, kind));
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".mjs"))) {
    const text = readFileSync(join(folder, name), "utf8");
    const page = name.replace(".mjs", ".html");
    write("mapped", name, text, page, map);
    // no import map applies to workers, and an inline one needs more of a policy than the package does
    const direct = text.replace(/from "(durastate[^"]*)"/g, (_, specifier) => `from "${addresses[specifier]}"`);
    write("direct", name, direct, page);
    write("strict", name, direct, page);
  }
  return serve(folder, (path) => (path.startsWith("/strict/") ? strict : {}));

  function write(kind, name, text, page, head) {
    writeFileSync(join(folder, kind, name), text);
    writeFileSync(join(folder, kind, page), html(name, head));
  }
}

/** Where a browser finds what the package exports. */
function exported(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/durastate/package.json"), "utf8"));
  const entries = Object.entries(exports).map(([name, target]) => [
    `durastate${name.slice(1)}`,
    `/node_modules/durastate${(target.default ?? target).slice(1)}`,
  ]);
  return Object.fromEntries(entries);
}
