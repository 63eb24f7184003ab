// TypeScript's part: checks the sources and writes the published declarations.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Failed, root, run } from "./run.mjs";

/**
 * What js/entry/*.ts import as neighbours exists only in dist. These declarations lie virtually beside them (rootDirs in
 * tsconfig.json).
 */
const siblings = {
  "core.d.ts": 'export * from "../../js/index.ts";\n',
  "start.d.ts": 'export * from "../../js/instance.ts";\n',
  "wasm.hex.d.ts": "declare const hex: string;\nexport default hex;\n",
  "wasm.inline.d.ts": "export {};\n",
  "wasm.workerd.d.ts": "export {};\n",
  "wasm.edge.d.ts": "export {};\n",
  "loaded-by-the-host.d.ts": ["*.wasm", "*.wasm?module"]
    .map((name) => `declare module "${name}" {\n  const module: WebAssembly.Module;\n  export default module;\n}\n`)
    .join(""),
};

export function writeSiblings() {
  mkdirSync(join(root, "target/siblings"), { recursive: true });
  for (const [name, text] of Object.entries(siblings)) writeFileSync(join(root, "target/siblings", name), text);
}

export function tsc(...args) {
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  return run(process.execPath, [join(manifest, "../bin/tsc"), ...args], { minutes: 5 });
}

/** The declaration that each published one is made of. */
const published = {
  "dist/index.d.ts": "index.d.ts",
  "dist/slim.d.ts": "entry/slim.d.ts",
  "dist/browser.d.ts": "browser.d.ts",
};

/** Writes the declarations of the public entries, and of what they import, to dist. */
export async function writeTypes() {
  writeSiblings();
  rmSync(join(root, "target/types"), { recursive: true, force: true });
  await tsc("-p", "tsconfig.types.json");
  const done = new Set();
  for (const [to, from] of Object.entries(published)) publish(from, to, done);
  writeFileSync(join(root, "dist/browser/index.d.ts"), 'export * from "../browser.js";\n');
}

const specifier = /(\bfrom\s*|\bimport\s*\(\s*|^import\s*)"([^"]+)"/gm;

function publish(from, to, done) {
  if (done.has(to)) return;
  done.add(to);
  const source = join(root, "target/types", from);
  if (!existsSync(source)) throw new Failed(`${to} needs the declaration of js/${from}, which does not exist`);
  const text = readFileSync(source, "utf8").replace(specifier, (_, before, name) => {
    if (!name.startsWith(".")) {
      throw new Failed(`${to} would import "${name}": public types may only use their own files`);
    }
    const path = name.replace(/\.ts$/, ".js");
    if (from.startsWith("entry/") && path === "./core.js") {
      publish("index.d.ts", "dist/index.d.ts", done);
      return `${before}"./index.js"`;
    }
    const neighbour = path.replace(/\.js$/, ".d.ts");
    publish(join(dirname(from), neighbour), join(dirname(to), neighbour), done);
    return `${before}"${path}"`;
  });
  mkdirSync(dirname(join(root, to)), { recursive: true });
  writeFileSync(join(root, to), text);
}
