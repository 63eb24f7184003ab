// From the crate to target/bindgen/<name>/: glue.js, glue.d.ts, glue_bg.wasm and, optimised, durastate.wasm.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fingerprint } from "./fingerprint.mjs";
import { root, run, step } from "./run.mjs";
import { bindgenTool, wasmEnvironment } from "./setup.mjs";

const target = "wasm32-unknown-unknown";
/** What every engine since 2022 has; rustc turns most of them on by itself. */
const wasmFeatures = [
  "bulk-memory",
  "bulk-memory-opt",
  "reference-types",
  "multivalue",
  "nontrapping-float-to-int",
  "sign-ext",
  "mutable-globals",
  "extended-const",
];

/** Compiles one build and writes its glue. */
export async function compile({ name, features }, { fast }) {
  const folder = `target/cargo/${name}`;
  const first = !existsSync(join(root, folder));
  await step(`compiling the crate for ${name}`, first ? "60 s" : "20 s", async () => {
    const args = ["rustc", "--quiet", "--lib", "--release", "--crate-type", "cdylib", "--no-default-features"];
    await run("cargo", [...args, "--features", features, "--target", target, "--target-dir", folder], {
      env: withoutLocalPaths(await wasmEnvironment()),
      minutes: 20,
    });
  });
  const glue = `target/bindgen/${name}`;
  const program = await bindgenTool();
  rmSync(join(root, glue), { recursive: true, force: true });
  await run(program, [`${folder}/${target}/release/durastate.wasm`, glue], { minutes: 5 });
  const wasm = fast ? `${glue}/glue_bg.wasm` : await optimised(`${glue}/glue_bg.wasm`, name);
  copyFileSync(join(root, wasm), join(root, glue, "durastate.wasm"));
}

/** Panic messages carry the paths of source files: they must not tell where this machine keeps them. */
function withoutLocalPaths(env) {
  const cargoHome = env.CARGO_HOME ?? join(homedir(), ".cargo");
  const flags = [`--remap-path-prefix=${cargoHome}=/cargo`, `--remap-path-prefix=${root}=/durastate`];
  return { ...env, CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") };
}

/** The file that wasm-opt makes of this one, kept by the hash of its input: it is the slowest step after an edit. */
async function optimised(wasm, name) {
  const manifest = createRequire(import.meta.url).resolve("binaryen/package.json");
  const args = ["-O3", ...wasmFeatures.map((feature) => `--enable-${feature}`)];
  const kept = `target/wasm-opt/${fingerprint([wasm, "package-lock.json"], args)}.wasm`;
  if (existsSync(join(root, kept))) return kept;
  mkdirSync(join(root, "target/wasm-opt"), { recursive: true });
  const partial = `${kept}.${process.pid}`;
  await step(`optimising the wasm of ${name}`, "10 s; --fast leaves it out", () =>
    run(process.execPath, [join(manifest, "../bin/wasm-opt"), ...args, wasm, "-o", partial], { minutes: 10 }),
  );
  renameSync(join(root, partial), join(root, kept));
  return kept;
}
