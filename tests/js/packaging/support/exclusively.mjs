import { mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs `action` while no other process does: node:test runs each file in one of its own. */
export async function exclusively(lock, action) {
  mkdirSync(dirname(lock), { recursive: true });
  while (!take(lock)) await sleep(200);
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A link names its owner and comes into being in one step. */
function take(lock) {
  try {
    symlinkSync(String(process.pid), lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isHeld(lock)) rmSync(lock, { force: true });
  return false;
}

function isHeld(lock) {
  try {
    return process.kill(Number(readlinkSync(lock)), 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
