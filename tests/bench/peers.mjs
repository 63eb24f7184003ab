// The libraries that durastate is compared with.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, readStamp, writeStamp } from "../../js/build/fingerprint.mjs";
import { root, run, step } from "../../js/build/run.mjs";

const folder = "tests/bench";

/** Installs them, unless that was done. */
export async function install() {
  const stamp = `${folder}/node_modules/.durastate-lock`;
  const wanted = fingerprint([`${folder}/package-lock.json`]);
  if (readStamp(stamp) === wanted) return;
  await step("installing the libraries that durastate is compared with", "10 s", () =>
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: join(root, folder), minutes: 10 }),
  );
  writeStamp(stamp, wanted);
}

/** The version of a package as it is installed in a folder; of durastate as it lies here. */
export function version(name, home = folder) {
  const manifest = name === "durastate" ? "package.json" : `${home}/node_modules/${name}/package.json`;
  return existsSync(join(root, manifest)) ? JSON.parse(readFileSync(join(root, manifest), "utf8")).version : undefined;
}
