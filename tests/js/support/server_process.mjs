// Programs that a test file starts for itself: they listen on a port of their own, and go when the test file goes.
import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** How long a program may take until it listens, in milliseconds. */
const PATIENCE = 60_000;

/** A port of the loopback that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An empty folder, of this user where one is given. */
export function temporaryFolder(name, user) {
  const folder = mkdtempSync(join(tmpdir(), `durastate-${name}-`));
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** Whom a program that refuses to be run by root is to be run as; nothing for everybody else. */
export async function insteadOfRoot(name) {
  if (process.getuid() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await execute("id", [flag, name])).stdout)),
  );
  return { uid, gid };
}

/** The first of these folders or files that is there; a missing program is a failure. */
export function firstThatExists(what, paths) {
  const found = paths.find((path) => path && existsSync(path));
  if (!found) throw new Error(`${what} is not installed: looked for ${paths.filter(Boolean).join(", ")}`);
  return found;
}

/** Folders of this folder by their number, the highest first. */
export function byNumber(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort((a, b) => Number(b) - Number(a));
}

/** Runs a program to its end, in its own words where it fails. */
export async function runToEnd(program, args, options) {
  try {
    await execute(program, args, options);
  } catch (error) {
    throw new Error(`${program} failed: ${error.stdout}\n${error.stderr}`);
  }
}

/** A program in the folder that its data is in, which is removed with it. */
export class ServerProcess {
  #program;
  #args;
  #options;
  #folder;
  #isReady;
  #child;

  /** `isReady` matches what it says when it listens. */
  constructor({ program, args, options, folder, isReady }) {
    this.#program = program;
    this.#args = args;
    this.#options = options;
    this.#folder = folder;
    this.#isReady = isReady;
    process.once("exit", this.#leave);
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  }

  /** Starts it, also after it was killed, and waits until it listens. */
  async start() {
    // A group of its own: a killed server takes its children with it.
    const child = spawn(this.#program, this.#args, {
      ...this.#options,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let said = "";
    let late;
    const listening = new Promise((resolve, reject) => {
      late = setTimeout(() => reject(new Error(`${this.#program} does not listen: ${said}`)), PATIENCE);
      const hear = (part) => {
        said = `${said}${part}`.slice(-20_000);
        if (this.#isReady.test(said)) resolve();
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(new Error(`${this.#program} ended with ${code ?? signal} instead of listening: ${said}`)),
      );
    });
    try {
      await listening;
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends it with this signal, and its children too where they are given. */
  async #end(signal, children = []) {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    for (const pid of [child.pid, ...children]) kill(pid, signal);
    await ended;
    while (children.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends it as a power cut would; it can be started again. */
  async kill() {
    // A server may put its children into groups of their own, where they would answer a little longer.
    await this.#end("SIGKILL", this.#child ? childrenOf(this.#child.pid) : []);
  }

  /** Ends it and removes its data. */
  async stop(signal = "SIGTERM") {
    await this.#end(signal);
    this.#leave();
    process.removeListener("exit", this.#leave);
  }

  #leave = () => {
    try {
      if (this.#child) process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // it has gone by itself
    }
    rmSync(this.#folder, { recursive: true, force: true });
  };
}

function childrenOf(pid) {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return pids ? pids.split(" ").map(Number) : [];
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Whether there is such a process that has not ended; one that nobody has asked for its end yet has. */
function isRunning(pid) {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
