// `npm start` as a child process, and a browser in front of what it serves.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts it; `output()` is what it has printed so far, `ended` resolves with its exit code or signal. */
export function start({ flags = [], env = {}, program = process.execPath, script = ["js/build/start.mjs"] } = {}) {
  const child = spawn(program, [...script, ...flags], {
    cwd: root,
    env: { ...process.env, PORT: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [printed, complained] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (complained += text));
  const ended = once(child, "close").then(([code, signal]) => signal ?? code);
  return { child, ended, output: () => printed, complaints: () => complained };
}

/** Starts it and waits until it serves the site. */
export async function serve({ env = { PORT: "0" }, ...how } = {}) {
  const started = start({ env, ...how });
  const address = /http:\/\/127\.0\.0\.1:\d+\//;
  while (!address.test(started.output())) {
    const over = await Promise.race([started.ended, once(started.child.stdout, "data")]);
    if (!Array.isArray(over)) throw new Error(`ended with ${over}: ${started.complaints()}`);
  }
  return { ...started, url: address.exec(started.output())[0] };
}
