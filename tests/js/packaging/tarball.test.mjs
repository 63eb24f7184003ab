import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { before, suite, test } from "node:test";
import { packedFiles, project } from "./support/installed.mjs";

suite("the tarball", () => {
  let files;
  let folder;
  let manifest;

  before(
    async () => {
      files = await packedFiles();
      folder = join(await project(), "node_modules/durastate");
      manifest = JSON.parse(read("package.json"));
    },
    { timeout: 120_000 },
  );

  const read = (file) => readFileSync(join(folder, file), "utf8");

  test("holds what its exports lead to, what explains it, and nothing else", () => {
    const texts = files.filter((file) => /^(package\.json|README\.md|CHANGELOG\.md|LICENSE[^/]*)$/.test(file));
    for (const name of ["package.json", "README.md", "CHANGELOG.md"]) assert.ok(texts.includes(name), `no ${name}`);
    assert.ok(
      texts.some((name) => name.startsWith("LICENSE")),
      "no licence",
    );
    assert.deepEqual(files, [...new Set([...texts, ...reachable()])].sort());
  });

  test("names only files that it holds", () => {
    const named = [...manifest.sideEffects, manifest.types, ...targets(manifest.exports)].map(posix.normalize);
    for (const file of named) assert.ok(files.includes(file), file);
  });

  test("brings no dependencies and runs nothing when it is installed", () => {
    const kinds = ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"];
    for (const kind of kinds) assert.deepEqual(manifest[kind] ?? {}, {}, kind);
    for (const script of ["preinstall", "install", "postinstall"]) assert.ok(!manifest.scripts?.[script], script);
    assert.ok(!files.includes("binding.gyp"), "npm compiles a package with a binding.gyp");
  });

  test("says in its source maps nothing of the machine that built it", () => {
    for (const file of files.filter((name) => name.endsWith(".map"))) {
      const { sources, sourcesContent } = JSON.parse(read(file));
      assert.equal(sourcesContent?.length, sources.length, `${file} has no sources`);
      for (const source of sources) assert.doesNotMatch(source, /^(\/|file:|[A-Z]:)/, file);
    }
  });

  /** All files that some entry leads to, by its imports or its source map. */
  function reachable() {
    const found = new Set();
    const visit = (file) => {
      if (found.has(file)) return;
      found.add(file);
      if (!/\.(js|ts)$/.test(file)) return;
      const text = read(file);
      for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport|\bURL)\s*\(?\s*["'](\.[^"'?]+)/g)) {
        const target = posix.join(posix.dirname(file), specifier);
        visit(file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
      }
      const map = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(text)?.[1];
      if (map) visit(posix.join(posix.dirname(file), map));
    };
    for (const target of targets(manifest.exports)) visit(posix.normalize(target));
    return found;
  }
});

/** All files that an `exports` names. */
function targets(exports) {
  return typeof exports === "string" ? [exports] : Object.values(exports).flatMap(targets);
}
