// The wasm builds: what each is made of and where it goes; and the entries that need no wasm.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/**
 * name: the build's folder in target/cargo and target/bindgen.
 * features: of the crate.
 * api: the file in js/ with what its users import.
 * entries: the files of js/entry that start it, one per way of loading the wasm; all when absent.
 * out: the folder of the result.
 */
export const durastate = { name: "durastate", features: "javascript", api: "index", out: "dist" };

export const browser = {
  name: "browser",
  features: "browser",
  api: "browser",
  entries: ["index", "inline"],
  out: "dist/browser",
};

/** For the tests of the runner: exports that misbehave on purpose. Never published. */
export const probe = {
  name: "probe",
  features: "javascript,probe",
  api: "probe",
  entries: ["index", "index.workerd", "inline", "workerd"],
  out: "target/probe",
};

/** The adapters that package.json exports, by their path: js/hosts/redis/tcp.ts is durastate/redis/tcp. */
export const adapters = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports)
  .filter((entry) => /^\.\/(redis|sql|kv)\//.test(entry))
  .map((entry) => entry.slice(2));
