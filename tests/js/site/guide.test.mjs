// The code of the guides and of the README is run as it stands; `console.log(…); // this` has to print this.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { root } from "../../../js/build/run.mjs";
import { tsc } from "../../../js/build/types.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";

// within the package, so that "durastate" is the package itself
const folder = `${root}/target/guide`;
const guides = readdirSync(`${root}/www/guide`).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...guides.map((name) => `www/guide/${name}`)];

/** The code blocks of a language, with the line that each begins at. */
function blocksOf(page, language) {
  const text = readFileSync(`${root}/${page}`, "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"));
  return [...blocks].map(({ 1: code, index }) => ({ code, line: text.slice(0, index).split("\n").length }));
}

/** What blocks take for granted that do not say otherwise. */
const granted = {
  kv: "const kv = KeyValueStore.memory();",
  GetUser: `const GetUser = Persistable.make("GetUser", {
    primaryKey: ({ id }) => \`user:\${id}\`,
    success: Codec.struct({ id: Codec.int, name: Codec.string, since: Codec.date }),
  });`,
};
const exported = ["Codec", "Exit", "KeyValueStore", "Persistable", "PersistedCache", "Persistence"];

/** What the text around a block takes for granted. */
function prelude(code) {
  const uses = (name, text = code) => new RegExp(`\\b${name}\\b`).test(text);
  const declares = (name) => new RegExp(`\\b(const|let|class) ${name}\\b`).test(code);
  const lines = Object.entries(granted).flatMap(([name, line]) => (uses(name) && !declares(name) ? line : []));
  const given = [...code.matchAll(/(?:import|const) (?:type )?\{([^}]*)\} (?:from|=)/g)].map(([, names]) => names);
  const imported = exported.filter((name) => !given.some((names) => new RegExp(`\\b${name}\\b(?! as)`).test(names)));
  const needed = imported.filter((name) => uses(name, lines.concat(code).join("\n")));
  return [`import { ${needed.join(", ")} } from "durastate";`, ...lines, ""].join("\n");
}

const storage = new FakeStorage();

before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
});
beforeEach(() => storage.clear());

/** A block that names an example is a part of it, and is run there (tests/js/support/examples.mjs). */
const named = /^\/\/ (examples\/\S+)\n/;

for (const page of pages) {
  for (const { code, line } of blocksOf(page, "js")) {
    if (named.test(code)) {
      test(`${page}:${line} is in the example that it names`, () => assertQuoted(code));
      continue;
    }
    test(`${page}:${line}`, async (t) => {
      const file = `${folder}/${basename(page, ".md")}-${line}.mjs`;
      writeFileSync(file, prelude(code) + code);
      const log = t.mock.method(console, "log", () => {});
      const handler = (await import(pathToFileURL(file).href)).default;
      log.mock.restore();
      const printed = log.mock.calls.map((call) => format(...call.arguments));
      const promised = [...code.matchAll(/^ *console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map((match) => match[1]);
      assert.deepEqual(printed, promised);
      if (handler) await answersRequests(handler);
    });
  }
}

const encoded = (text) => new TextEncoder().encode(text).buffer;

async function answersRequests(handler) {
  const kept = new Map();
  const binding = {
    get: async (key) => kept.get(key) ?? null,
    getWithMetadata: async (key) => ({ value: kept.has(key) ? encoded(kept.get(key)) : null, metadata: null }),
    put: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
  };
  const ask = async (path) => {
    const context = { waitUntil() {} };
    const response = await handler.fetch(new Request(`https://example.com${path}`), { SETTINGS: binding }, context);
    return response.text();
  };
  assert.equal(await ask("/"), "light");
  assert.equal(await ask("/?theme=dark"), "dark");
  assert.equal(await ask("/"), "dark");
}

test("TypeScript blocks compile", async () => {
  const blocks = pages.flatMap((page) => blocksOf(page, "ts"));
  assert.ok(blocks.length > 0);
  for (const [index, { code }] of blocks.entries()) {
    writeFileSync(`${folder}/${index}.ts`, `${prelude(code)}${code}export {};\n`);
  }
  const compilerOptions = {
    target: "ES2022",
    module: "nodenext",
    strict: true,
    noEmit: true,
    types: [],
    lib: ["ES2022", "ESNext.Disposable", "DOM"],
    rootDir: root,
  };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  await tsc("-p", folder);
});

function assertQuoted(code) {
  const [first, path] = named.exec(code);
  const example = readFileSync(`${root}/www/guide/${path}`, "utf8");
  for (const part of code.slice(first.length).trim().split("\n\n")) {
    assert.ok(example.includes(part), `${path} has not:\n${part}`);
  }
}

test("Rust blocks are parts of the example files that they name", () => {
  const lines = (text) => text.trim().replace(/^ +/gm, "");
  for (const { code, line } of blocksOf("www/guide/rust.md", "rust")) {
    const [, path, part] = /^\/\/ (\S+\.rs)\n(.*)$/s.exec(code) ?? [];
    assert.ok(path, `rust.md:${line} names no file`);
    const example = lines(readFileSync(`${root}/${path}`, "utf8"));
    assert.ok(example.includes(lines(part)), `rust.md:${line} is not in ${path}`);
  }
});

test("links between the guides, and from the README, lead somewhere", () => {
  for (const page of pages) {
    const text = readFileSync(`${root}/${page}`, "utf8");
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path, anchor] = link.split("#");
      const target = path ? new URL(path, pathToFileURL(`${root}/${page}`)) : pathToFileURL(`${root}/${page}`);
      const found = readFileSync(target, "utf8");
      const names = [...found.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        heading
          .toLowerCase()
          .replace(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      );
      if (anchor) assert.ok(names.includes(anchor), `${page} links to ${link}`);
    }
  }
});
