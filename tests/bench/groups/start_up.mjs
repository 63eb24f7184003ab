import { join } from "node:path";
import { root, run } from "../../../js/build/run.mjs";

const child = join(root, "tests/bench/start_up.mjs");

export const startUp = {
  name: "start-up in Node",
  note: "from the import to the end of a first set and get in memory, each time in a fresh process",
  unit: "ms of CPU",
  repetitions: { full: 15, quick: 3 },
  seconds: { full: 0.3, quick: 0.3 },
  columns: ["import + first call"],
  contenders: [
    { program: "durastate" },
    { program: "effect", package: "effect" },
    { program: "keyv", package: "keyv" },
    { program: "unstorage", package: "unstorage" },
    { program: "nothing", floor: "an empty module" },
  ],
  async once({ program }, _, { node }) {
    const { cpu, wall } = JSON.parse(await run(node, [child, program], { capture: true, minutes: 1 }));
    return { value: cpu, wall };
  },
};
