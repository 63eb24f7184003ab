// The wasm builds: what each is made of and where it goes.

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
