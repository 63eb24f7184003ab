import { cpus } from "node:os";
import { Failed, run } from "../../js/build/run.mjs";
import { nodes } from "../../js/build/setup.mjs";

/** The Node that contenders run on: the newest that the tests know, or the one at hand where those do not run. */
export async function newestNode() {
  if (process.env.BENCH_NODE) return process.env.BENCH_NODE;
  try {
    const known = await nodes();
    return known[Object.keys(known).sort().at(-1)];
  } catch (error) {
    if (error instanceof Failed) return process.execPath;
    throw error;
  }
}

/** What numbers depend on. */
export async function machine(node) {
  const version = (await run(node, ["--version"], { capture: true, minutes: 1 })).trim();
  return { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, node: version.slice(1) };
}
