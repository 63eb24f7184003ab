// The package as users get it: packed once, installed by npm, and copied into a fresh project for whoever asks.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn, fingerprint, readStamp, writeStamp } from "../../../../js/build/fingerprint.mjs";
import { root } from "../../../../js/build/run.mjs";
import { exclusively } from "./exclusively.mjs";
import { execute } from "./execute.mjs";

const lock = join(root, "target/packaging/lock");
const template = join(root, "target/packaging/project");
const programs = fileURLToPath(new URL("../programs", import.meta.url));

const fleeting = [];
process.on("exit", () => {
  for (const folder of fleeting) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** Runs a function of js/build/setup.mjs that brings what is missing. */
export const bring = (piece) => exclusively(lock, piece);

/** A fresh project with the package and the programs in it, which goes with this process: its folder. */
export async function project() {
  const folder = mkdtempSync(join(tmpdir(), "durastate-packaging-"));
  fleeting.push(folder);
  await exclusively(lock, async () => {
    await install();
    cpSync(template, folder, { recursive: true });
  });
  cpSync(programs, folder, { recursive: true });
  return folder;
}

/** The paths of all files in the tarball, sorted. */
export function packedFiles() {
  return exclusively(lock, async () => (await install()).files);
}

async function install() {
  if (!filesIn("dist").length) throw new Error("there is no dist: npm run build makes it");
  const texts = readdirSync(root).filter((name) => /^(README|CHANGELOG|LICENSE)/.test(name));
  const wanted = fingerprint(["dist", "package.json", ...texts.sort()]);
  const stamp = "target/stamps/packaging.json";
  const last = readStamp(stamp);
  if (last?.wanted === wanted && existsSync(template)) return last;

  const tarballs = join(root, "target/packaging/tarball");
  for (const folder of [tarballs, template]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  const pack = ["pack", "--json", "--loglevel=error", "--pack-destination", tarballs];
  const [{ filename, files }] = Object.values(JSON.parse((await execute("npm", pack, { cwd: root })).stdout));
  writeFileSync(join(template, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quietly = ["--offline", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await execute("npm", ["install", ...quietly, join(tarballs, filename)], { cwd: template });

  const done = { wanted, files: files.map((file) => file.path).sort() };
  writeStamp(stamp, done);
  return done;
}
