// npm run bench [-- --only <text>] [-- --json | --markdown]: how fast and how large durastate is, beside its peers.
// Nothing fails because of a number. A run of all cases is also written to www/bench; BENCH_QUICK=1 takes a minute or
// two instead of ten, and BENCH_NODE names another Node than the newest that the tests run on.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale } from "../../js/build/build.mjs";
import { Failed, main, root } from "../../js/build/run.mjs";
import { nodeModules } from "../../js/build/setup.mjs";
import { bundles } from "./groups/bundles.mjs";
import { chromium } from "./groups/chromium.mjs";
import { memory } from "./groups/memory.mjs";
import { startUp } from "./groups/start_up.mjs";
import { webStorage } from "./groups/web_storage.mjs";
import { machine, newestNode } from "./machine.mjs";
import { parsed } from "./options.mjs";
import { install } from "./peers.mjs";
import { json, markdown, plain } from "./report.mjs";
import { rowsOf } from "./results.mjs";
import { measured } from "./turns.mjs";

const groups = [memory, webStorage, chromium, startUp, ...bundles];
const mode = process.env.BENCH_QUICK ? "quick" : "full";

await main(async () => {
  const { only, format } = parsed(process.argv.slice(2));
  const chosen = groups.map((group) => narrowed(group, only)).filter(({ columns }) => columns.length);
  if (!chosen.length) throw new Failed(`no case has ${JSON.stringify(only)} in its name`);
  await nodeModules();
  await buildIfStale();
  await install();
  const report = await reported(chosen, await newestNode());
  if (!only) write(report);
  console.log({ plain, markdown, json }[format](report));
});

/** The group with those of its cases whose name has this text in it. */
function narrowed(group, text) {
  return { ...group, columns: group.columns.filter((column) => `${group.name}: ${column}`.includes(text)) };
}

async function reported(chosen, node) {
  const report = { mode, machine: await machine(node), groups: [] };
  try {
    for (const group of chosen) {
      const rows = rowsOf(group, await measured(group, { node, mode }));
      const { name, note, unit, columns } = group;
      report.groups.push({ name, note, unit, columns, rows });
      if (group.browser) report.machine.chromium = await group.browser();
    }
  } finally {
    for (const group of chosen) await group.end?.();
  }
  return report;
}

function write(report) {
  const folder = join(root, "www/bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "key_value.json"), json(report));
  writeFileSync(join(folder, "key_value.md"), markdown(report));
}
