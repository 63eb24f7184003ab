// npm run build [-- --fast] [-- --probe]: makes dist from nothing and prints how large it is.
//   --fast   leaves wasm-opt out
//   --probe  makes the build for the runner's tests (target/probe) instead
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesIn, fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { writeAdapters, writeJavaScript } from "./javascript.mjs";
import { alone } from "./lock.mjs";
import { Failed, main, root, seconds } from "./run.mjs";
import { compile } from "./rust.mjs";
import { nodeModules } from "./setup.mjs";
import { sizes, table } from "./sizes.mjs";
import { browser, durastate, probe } from "./targets.mjs";
import { tsc, writeSiblings, writeTypes } from "./types.mjs";

const configuration = ["Cargo.toml", "Cargo.lock", "package.json", "package-lock.json"];
const inputs = ["src", "js", ...configuration, "tsconfig.json", "tsconfig.types.json", "tsconfig.probe.json"];

/** Makes dist anew if it is not what the sources say. With `fast`, one without wasm-opt will do. */
export function buildIfStale({ fast = false } = {}) {
  return unlessFresh("dist", { fast }, async () => {
    rmSync(join(root, "dist"), { recursive: true, force: true });
    for (const target of [durastate, browser]) {
      await compile(target, { fast });
      await writeJavaScript(target);
    }
    await writeAdapters(durastate.out);
    await writeTypes();
    assertExported();
    return { sizes: await sizes() };
  });
}

/** The same for target/probe, which only tests use. */
export function buildProbe({ fast = true } = {}) {
  return unlessFresh(probe.out, { fast }, async () => {
    rmSync(join(root, probe.out), { recursive: true, force: true });
    await compile(probe, { fast });
    await writeJavaScript(probe);
    writeSiblings();
    await tsc("--noEmit", "-p", "tsconfig.probe.json");
    return {};
  });
}

/** What package.json promises to users must be there. */
function assertExported() {
  const { exports, sideEffects } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const promised = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(promised));
  const missing = [...promised(exports), ...sideEffects].find((file) => !existsSync(join(root, file)));
  if (missing) throw new Failed(`package.json names ${missing}, which the build does not make`);
}

/** Runs `action` unless its last result still holds; resolves with what it returned then or now. */
function unlessFresh(out, options, action) {
  return alone(() => madeAnew(out, options, action));
}

async function madeAnew(out, { fast }, action) {
  const stamp = `target/stamps/${out.replaceAll("/", "-")}.json`;
  const before = fingerprint(inputs);
  const last = readStamp(stamp);
  const holds = last?.inputs === before && (fast || !last.fast);
  if (holds && last.outputs.every((file) => existsSync(join(root, file)))) return last;

  rmSync(join(root, stamp), { force: true });
  await nodeModules();
  const began = performance.now();
  const result = { ...(await action()), fast, inputs: before, outputs: filesIn(out) };
  // an edit during the build would otherwise count as built
  if (fingerprint(inputs) === before) writeStamp(stamp, result);
  console.error(`> ${out} is built (${seconds(began)})`);
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(async () => {
    const flags = process.argv.slice(2);
    const unknown = flags.find((flag) => !["--fast", "--probe"].includes(flag));
    if (unknown) throw new Failed(`unknown flag ${unknown}; there are --fast and --probe`);
    const fast = flags.includes("--fast");
    if (flags.includes("--probe")) await buildProbe({ fast });
    else console.log(table((await buildIfStale({ fast })).sizes));
  });
}
