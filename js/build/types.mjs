// TypeScript's part: checks the sources and writes the published declarations.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { Failed, root, run } from "./run.mjs";
import { adapters } from "./targets.mjs";

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

/** Where the declarations of entries go; the others keep their place, in dist. */
const homes = {
  "entry/slim.d.ts": "dist/slim.d.ts",
  ...Object.fromEntries(adapters.map((path) => [`hosts/${path}.d.ts`, `dist/${path}.d.ts`])),
};
const entries = ["index.d.ts", "browser.d.ts", ...Object.keys(homes)];

/** Writes the declarations of the public entries, and of what they import, to dist. */
export async function writeTypes() {
  writeSiblings();
  rmSync(join(root, "target/types"), { recursive: true, force: true });
  await tsc("-p", "tsconfig.types.json");
  const done = new Set();
  for (const from of entries) publish(from, done);
  writeFileSync(join(root, "dist/browser/index.d.ts"), 'export * from "../browser.js";\n');
}

const specifier = /(\bfrom\s*|\bimport\s*\(\s*|^import\s*)"([^"]+)"/gm;

/** Writes one declaration, and those that it imports, and gives its place. */
function publish(from, done) {
  const to = homes[from] ?? `dist/${from}`;
  if (done.has(to)) return to;
  done.add(to);
  const source = join(root, "target/types", from);
  if (!existsSync(source)) throw new Failed(`${to} needs the declaration of js/${from}, which does not exist`);
  const text = readFileSync(source, "utf8").replace(specifier, (_, before, name) => {
    if (!name.startsWith(".")) {
      throw new Failed(`${to} would import "${name}": public types may only use their own files`);
    }
    const imported = join(dirname(from), name.replace(/\.[jt]s$/, ".d.ts"));
    const home = publish(imported === "entry/core.d.ts" ? "index.d.ts" : imported, done);
    const path = relative(dirname(to), home).replace(/\.d\.ts$/, ".js");
    return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
  });
  mkdirSync(dirname(join(root, to)), { recursive: true });
  writeFileSync(join(root, to), text);
  return to;
}
