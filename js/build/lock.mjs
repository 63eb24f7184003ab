// One build at a time in one checkout: `npm start` and `npm test` may well run side by side.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "./run.mjs";

const file = join(root, "target/build.lock");

/** Runs `action` while no other process runs one. */
export async function alone(action) {
  mkdirSync(join(root, "target"), { recursive: true });
  for (let told = false; !take(); told = true) {
    if (!told) console.error("> waiting for another build of this checkout to end");
    await pause(200);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Takes the lock, also from a process that ended without giving it back. */
function take() {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isHeld()) rmSync(file, { force: true });
  return false;
}

/** Whether the process that took the lock still runs. A file without a number is just being written, if it is young. */
function isHeld() {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    if (!pid) return Date.now() - statSync(file).mtimeMs < 10_000;
    return process.kill(pid, 0);
  } catch {
    // nobody of that number, or no file any more
    return false;
  }
}
