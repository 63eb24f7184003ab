import { join } from "node:path";
import { root, run } from "../../../js/build/run.mjs";

/** A group whose contenders are measured by a child, each time in a process of its own. */
export function inNode({ kind, child = "child.mjs", ...group }) {
  return {
    ...group,
    unit: "ns of CPU per call",
    repetitions: { full: 5, quick: 1 },
    seconds: { full: 1.1, quick: 0.4 },
    async once({ program }, column, { node, mode }) {
      const script = join(root, "tests/bench", child);
      const { cpu, wall } = JSON.parse(
        await run(node, [script, program, kind, column, mode], { capture: true, minutes: 5 }),
      );
      return { value: cpu, wall };
    },
  };
}
