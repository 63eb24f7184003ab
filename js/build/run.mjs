// Running programs: each in a process group of its own, with a time limit after which the whole group is killed,
// and with a line that says what is going on whenever it takes a while.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/[/\\]$/, "");

/** A failure that needs no stack trace: the message says it all. */
export class Failed extends Error {
  name = "Failed";
}

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    endAll();
    process.exit(130);
  });
}
process.on("exit", endAll);

/** Ends whatever is still running. */
export function endAll() {
  for (const child of running) killGroup(child);
}

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

/** Runs a program to its end; resolves with its output when `capture` is set. Rejects when it fails or takes too long. */
export function run(program, args, { cwd = root, env = process.env, minutes = 10, capture = false } = {}) {
  const shown = [program, ...args].join(" ").replaceAll(`${root}/`, "");
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
    });
    running.add(child);
    const output = [];
    let late = false;
    child.stdout?.on("data", (data) => output.push(data));
    const timer = setTimeout(() => {
      late = true;
      killGroup(child);
    }, minutes * 60_000);
    child.on("error", (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(new Failed(`cannot run ${shown}: ${error.message}`));
    });
    // "exit" and not "close": a grandchild that keeps our pipe open must not keep us waiting
    child.on(capture ? "close" : "exit", (code, signal) => {
      clearTimeout(timer);
      killGroup(child);
      running.delete(child);
      if (late) reject(new Failed(`${shown} was still running after ${minutes} min and was ended`));
      else if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Failed(`${shown} failed with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** Whether the program is there and ends well; its output is dropped. */
export function works(program, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: "ignore", timeout: 60_000 });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Says what is done and about how long it takes, does it, says how long it took. */
export async function step(what, expected, action) {
  console.error(`> ${what} (about ${expected})`);
  const began = performance.now();
  const result = await action();
  console.error(`  done in ${seconds(began)}`);
  return result;
}

/** Runs a script's main function: failures end the process with a line, bugs with a stack trace. */
export async function main(action) {
  try {
    await action();
  } catch (error) {
    console.error(error instanceof Failed ? `\nFAILED: ${error.message}` : error);
    process.exitCode = 1;
  }
}
