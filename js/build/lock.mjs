// One build at a time in one checkout: `npm start` and `npm test` may well run side by side.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  if (!lives(holder())) rmSync(file, { force: true });
  return false;
}

function holder() {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

function lives(pid) {
  try {
    // An empty file is one that is just being written.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
