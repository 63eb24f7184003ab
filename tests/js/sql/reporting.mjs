// Tests that run in a process of another program: it reports each by a line of JSON.
import { spawn } from "node:child_process";
import { test } from "node:test";

/** In that process: runs what was registered, one after the other. */
export async function report(register) {
  const tests = [];
  register((name, run) => tests.push([name, run]));
  for (const [name, run] of tests) {
    let error;
    try {
      await run();
    } catch (thrown) {
      error = thrown?.stack ?? String(thrown);
    }
    console.log(JSON.stringify({ name, error }));
  }
}

/** In the test file: a test for each of those that `register` names, with what the program reports of it. */
export function reportedBy(program, args, register, options = {}) {
  const names = [];
  register((name) => names.push(name));
  const reports = run(program, args, options);
  for (const name of names) {
    test(name, { timeout: 120_000 }, async () => {
      const { found, ending } = await reports();
      if (!found.has(name)) throw new Error(`${program} did not report it. ${ending}`);
      if (found.get(name) !== undefined) throw new Error(found.get(name));
    });
  }
  test("these were all tests", async () => {
    const { found, ending } = await reports();
    const others = [...found.keys()].filter((name) => !names.includes(name));
    if (others.length || ending) throw new Error(`${others.join(", ")} ${ending}`);
  });
}

/** Runs it once, when it is first asked for. */
function run(program, args, options) {
  let running;
  return () => {
    running ??= new Promise((resolve, reject) => {
      const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
      process.once("exit", () => child.kill("SIGKILL"));
      let said = "";
      let complained = "";
      child.stdout.setEncoding("utf8").on("data", (text) => (said += text));
      child.stderr.setEncoding("utf8").on("data", (text) => (complained += text));
      child.once("error", reject);
      child.once("close", (code, signal) => {
        const lines = said.split("\n").filter((line) => line.startsWith("{"));
        const found = new Map(lines.map((line) => JSON.parse(line)).map(({ name, error }) => [name, error]));
        resolve({ found, ending: code === 0 ? "" : `It ended with ${code ?? signal}: ${complained}` });
      });
    });
    return running;
  };
}
