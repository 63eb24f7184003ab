// Groups whose contenders share a process, in which they take turns.
import { join } from "node:path";
import { root, run, step } from "../../../js/build/run.mjs";
import { clientModules } from "../../../js/build/setup.mjs";
import { rows } from "./results.mjs";
import { addresses, stopServers, versions } from "./servers.mjs";
import { table } from "./tables.mjs";

/** A group that is measured by a program, each time in a process of its own. Its first contender is durastate. */
export function sideBySide(group) {
  return {
    ...group,
    unit: "µs per call",
    async reported({ node, mode }) {
      const { columns, contenders } = this;
      const repetitions = { full: 3, quick: 1 }[mode];
      const seconds = { full: 2.2, quick: 0.8 }[mode] * contenders.length;
      const expected = Math.ceil(columns.length * repetitions * seconds);
      const results = new Map(columns.map((column) => [column, []]));
      const child = await childOf(group, { node, mode });
      await step(`measuring: ${group.name}`, `${expected} s`, async () => {
        for (let repetition = 0; repetition < repetitions; repetition++) {
          for (const column of columns) results.get(column).push(await child(column));
        }
      });
      const measured = rows(this, results);
      return { rows: measured, lines: table(columns, measured) };
    },
    machine: () => versions(group.servers),
    end: stopServers,
  };
}

/** A group whose program counts what operations of a store ask of its host; `lines` makes a table of that. */
export function counted({ lines, ...group }) {
  return {
    ...group,
    unit: "exact counts",
    async reported(surroundings) {
      const child = await childOf(group, surroundings);
      const counts = await step(`counting: ${group.name}`, "2 s", () => child("all"));
      const chosen = this.columns.map((operation) => [operation, counts[operation]]);
      return {
        rows: chosen.map(([operation, found]) => ({ case: `${group.name}: ${operation}`, ...found })),
        lines: lines(chosen),
      };
    },
    machine: () => versions(group.servers),
    end: stopServers,
  };
}

/** Runs the program of a group for one column. */
async function childOf({ program, servers }, { node, mode }) {
  await clientModules();
  const known = JSON.stringify(await addresses(servers));
  const child = join(root, "tests/bench/seams/child.mjs");
  return async (column) =>
    JSON.parse(await run(node, [child, program, column, mode, known], { capture: true, minutes: 5 }));
}
