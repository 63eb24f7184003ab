// What `npm test` runs, in this order.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale, buildProbe } from "./build.mjs";
import { compileConsumers } from "./consumers.mjs";
import { Failed, root, run } from "./run.mjs";
import * as setup from "./setup.mjs";
import { testWebFeature } from "./web.mjs";

/** Brings something that adds nothing to the environment. */
const silently = (bring) => async () => {
  await bring();
};

/** What a suite may need. Each piece resolves with what it adds to the suite's environment, if anything. */
export const pieces = {
  modules: silently(setup.nodeModules),
  packagingModules: silently(setup.packagingModules),
  clientModules: silently(setup.clientModules),
  servers: setup.servers,
  dist: silently(buildIfStale),
  probe: silently(buildProbe),
  rust: silently(setup.rustEnvironment),
  lints: silently(setup.rustLints),
  wasm: silently(setup.wasmEnvironment),
  testRunner: async () => ({ TEST_RUNNER: await setup.testRunner() }),
  nodes: setup.nodes,
  chromium: async () => ({ CHROMIUM: await setup.chromium() }),
  chromedriver: async () => ({ CHROMEDRIVER: await setup.chromedriver() }),
  firefox: async () => ({ FIREFOX: await setup.firefox() }),
};

/**
 * minutes: after them the suite is ended and has failed.
 * needs: names of pieces.
 * layers: whether it can be narrowed to some layers, which `run` then gets as its second argument.
 */
export const suites = [
  {
    name: "check",
    what: "formatting, lints and types",
    minutes: 20,
    needs: ["modules", "lints", "wasm", "dist"],
    run: (env) => run(process.execPath, ["js/build/check.mjs"], { env, minutes: 20 }),
  },
  {
    name: "rust",
    what: "the crate's own tests, on Redis, PostgreSQL, MariaDB and SQLite too",
    minutes: 30,
    needs: ["rust", "servers"],
    layers: true,
    run: async (env, layers) => {
      const narrowed = layers.length ? ["--", ...layers] : [];
      await run("cargo", ["test", ...narrowed], { env: { ...env, ...(await setup.rustEnvironment()) }, minutes: 30 });
    },
  },
  {
    name: "types",
    what: "the published types, as users compile them",
    minutes: 5,
    needs: ["modules", "dist"],
    run: compileConsumers,
  },
  {
    name: "node",
    what: "the package in Node 20, 22, 24 and 26",
    minutes: 20,
    needs: ["modules", "dist", "nodes"],
    layers: true,
    run: async (env, layers) => {
      const others = Object.keys(env).filter((name) => /^NODE\d\d$/.test(name));
      for (const node of [process.execPath, ...others.sort().map((name) => env[name])]) {
        await nodeTest("tests/js/node", env, layers, { node, minutes: 5 });
      }
    },
  },
  {
    name: "runner",
    what: "the loop that awaits for Rust",
    minutes: 5,
    // workerd comes with the packages of the packaging tests
    needs: ["modules", "packagingModules", "dist", "probe"],
    run: (env) => nodeTest("tests/js/runner", env),
  },
  {
    name: "browser",
    what: "the package in Chromium",
    minutes: 10,
    // SQLite in wasm is one of the clients
    needs: ["modules", "clientModules", "dist", "chromium"],
    layers: true,
    run: (env, layers) => nodeTest("tests/js/browser", env, layers, { minutes: 10 }),
  },
  ...[
    ["redis", "Redis through each client, and the clients themselves"],
    ["sql", "databases through each client"],
    ["kv", "key-value stores of others, in their own runtimes"],
    ["interop", "one place shared with Effect"],
    ["faults", "servers that fail while they are used"],
  ].map(([name, what]) => ({
    name,
    what,
    minutes: 10,
    // Deno, Bun and workerd come with the packages of the packaging tests
    needs: ["modules", "clientModules", "packagingModules", "dist", "nodes", "servers"],
    layers: true,
    run: (env, layers) => nodeTest(`tests/js/${name}`, env, layers, { minutes: 10 }),
  })),
  {
    name: "web",
    what: "the crate's feature web, in Chromium and Node",
    minutes: 25,
    needs: ["modules", "wasm", "testRunner", "chromium", "chromedriver"],
    run: testWebFeature,
  },
  {
    name: "packaging",
    what: "the package as installed, in every bundler and runtime",
    minutes: 30,
    needs: ["modules", "packagingModules", "dist", "nodes", "chromium", "firefox"],
    run: (env) => nodeTest("tests/js/packaging", env, [], { minutes: 30 }),
  },
  {
    name: "site",
    what: "npm start, the site in Chromium, and the code in the guides",
    minutes: 5,
    needs: ["modules", "dist", "nodes", "chromium"],
    run: (env) => nodeTest("tests/js/site", env),
  },
];

/** Runs a folder's *.test.mjs, or those of some layers. */
async function nodeTest(folder, env, layers = [], { node = process.execPath, minutes = 5 } = {}) {
  const all = testFiles(folder);
  const isOf = (file, layer) => file.replaceAll("-", "_").includes(layer);
  const named = all.filter((file) => layers.some((layer) => isOf(file, layer)));
  // a layer without a file of its own has its tests, named after it, in others
  const pattern = layers.map((layer) => layer.replaceAll("_", "[-_ ]?")).join("|");
  const narrowed = layers.length && !named.length ? [`--test-name-pattern=/${pattern}/i`] : [];
  const files = (named.length ? named : all).map((file) => `${folder}/${file}`);
  const version = await run(node, ["--version"], { capture: true, minutes: 1 });
  console.error(`> Node ${version.trim()}: ${files.length} files of ${folder}`);
  const args = ["--enable-source-maps", "--test", "--test-reporter=spec", ...narrowed, ...files];
  await run(node, args, { env, minutes });
}

function testFiles(folder) {
  let names = [];
  try {
    names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.mjs"));
  } catch {
    // told below
  }
  if (!names.length) throw new Failed(`there are no tests in ${folder}`);
  return names.sort();
}
