// npm run check [-- --fix]: formatting, lints and types of everything, Rust and JavaScript. --fix mends what it can.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { Failed, main, run, step } from "./run.mjs";
import { nodeModules, rustEnvironment, rustLints, wasmEnvironment } from "./setup.mjs";
import { tsc } from "./types.mjs";

/** Every check runs, so that one call tells of all that is wrong. */
export async function check({ fix = false } = {}) {
  await nodeModules();
  await rustLints();
  const failures = [];
  for (const [what, expected, action] of checks(fix)) {
    try {
      await step(what, expected, action);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      console.error(`  ${error.message}`);
      failures.push(what);
    }
  }
  if (failures.length) throw new Failed(`not in order: ${failures.join("; ")}`);
}

function checks(fix) {
  return [
    ["format and lints of JavaScript and TypeScript (biome)", "1 s", () => biome(fix)],
    ["format of Rust (rustfmt)", "1 s", () => rustfmt(fix)],
    ["types (tsc), after a build that writes the glue's", "2 s", types],
    ["lints of Rust, native (clippy)", "10 s", () => clippy(rustEnvironment, ["--all-targets"])],
    ...["javascript", "browser", "probe", "web"].map((features) => [
      `lints of Rust, wasm with ${features} (clippy)`,
      "10 s",
      () => clippy(wasmEnvironment, wasmArguments(features)),
    ]),
  ];
}

function biome(fix) {
  const manifest = createRequire(import.meta.url).resolve("@biomejs/biome/package.json");
  const args = ["check", "--error-on-warnings", ...(fix ? ["--write"] : [])];
  return run(process.execPath, [join(manifest, "../bin/biome"), ...args], { minutes: 2 });
}

async function rustfmt(fix) {
  const env = await rustEnvironment();
  for (const manifest of ["Cargo.toml", "js/build/bindgen/Cargo.toml"]) {
    await run("cargo", ["fmt", "--manifest-path", manifest, ...(fix ? [] : ["--check"])], { env, minutes: 2 });
  }
}

async function types() {
  await buildIfStale({ fast: true });
  await tsc("--noEmit", "-p", "tsconfig.json");
}

async function clippy(environment, args) {
  await run("cargo", ["clippy", "--quiet", ...args, "--", "-D", "warnings"], { env: await environment(), minutes: 20 });
}

/** Tests and examples are made for wasm with the feature web alone. */
function wasmArguments(features) {
  const args = ["--lib", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", features];
  return features === "web" ? [...args, "--examples", "--test", "web", "--test", "web_node"] : args;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(() => check({ fix: process.argv.includes("--fix") }));
}
