// npm run bench [-- --only <text>] [-- --page <name>] [-- --json | --markdown]: how fast and how large durastate is,
// beside its peers. Nothing fails because of a number. A run of all cases of a page is also written to www/bench; BENCH_QUICK=1 takes two
// or three minutes instead of a quarter of an hour, and BENCH_NODE names another Node than the newest that the tests run on.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildIfStale } from "../../js/build/build.mjs";
import { Failed, main, root } from "../../js/build/run.mjs";
import { nodeModules } from "../../js/build/setup.mjs";
import { machine, newestNode } from "./machine.mjs";
import { parsed } from "./options.mjs";
import { pages } from "./pages.mjs";
import { install } from "./peers.mjs";
import { json, markdown, plain } from "./report.mjs";
import { rowsOf } from "./results.mjs";
import { measured } from "./turns.mjs";

const mode = process.env.BENCH_QUICK ? "quick" : "full";

await main(async () => {
  const { only, page, format } = parsed(process.argv.slice(2));
  const asked = pages.filter(({ file }) => page === undefined || file === page);
  const chosen = asked.map((page) => narrowed(page, only)).filter(({ groups }) => groups.length);
  if (!chosen.length) throw new Failed(`no case has ${JSON.stringify(only)} in its name`);
  await nodeModules();
  await buildIfStale();
  await install();
  const node = await newestNode();
  const reports = [];
  for (const page of chosen) reports.push(await reported(page, node));
  if (!only) for (const report of reports) write(report);
  console.log({ plain, markdown, json }[format](reports));
});

/** The page with those of its cases whose name has this text in it. */
function narrowed(page, text) {
  const groups = page.groups.map((group) => ({
    ...group,
    columns: group.columns.filter((column) => `${group.name}: ${column}`.includes(text)),
  }));
  return { ...page, groups: groups.filter(({ columns }) => columns.length) };
}

async function reported(page, node) {
  const report = { ...page, mode, machine: await machine(node), groups: [] };
  try {
    for (const group of page.groups) {
      const { name, note, unit, columns } = group;
      report.groups.push({ name, note, unit, columns, ...(await found(group, { node, mode })) });
      Object.assign(report.machine, await group.machine?.());
    }
  } finally {
    for (const group of page.groups) await group.end?.();
  }
  return report;
}

/** What a group came to: its rows, and the lines of its table where it has a table of its own. */
async function found(group, surroundings) {
  if (group.reported) return group.reported(surroundings);
  return { rows: rowsOf(group, await measured(group, surroundings)) };
}

function write({ file, ...report }) {
  const folder = join(root, "www/bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${file}.json`), json([report]));
  writeFileSync(join(folder, `${file}.md`), markdown([report]));
}
