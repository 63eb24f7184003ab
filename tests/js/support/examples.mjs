// Runs an example of the guide, as it stands: `console.log(…); // this` has to print this.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { root } from "../../../js/build/run.mjs";

/** Where the clients are found, and what git does not see. */
const folder = `${root}/tests/js/clients/node_modules/.examples`;

export async function runExample(name, env = {}, node = process.execPath) {
  const source = readFileSync(`${root}/www/guide/examples/${name}`, "utf8");
  const placed = source.replace(/"(durastate[^"]*)"/g, (_, entry) => JSON.stringify(import.meta.resolve(entry)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}`, placed);
  const child = spawn(node, [`${folder}/${name}`], { env: { ...process.env, ...env }, timeout: 60_000 });
  const [printed, complaints, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on("exit", resolve)),
  ]);
  assert.equal(code, 0, complaints);
  const promised = [...source.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => `${match[1]}\n`);
  assert.ok(promised.length > 0, `${name} prints nothing`);
  assert.equal(printed, promised.join(""));
}
