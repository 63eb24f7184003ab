// What a page does of a measurement; the rest is done from outside, where its CPU time can be seen.
import { entries } from "./workload.mjs";

let loops;

/** Opens a contender on localStorage. */
export async function start(open) {
  const work = entries(1024);
  loops = await open(work, localStorage);
  await loops.set(work.count);
}

export const run = (verb, n) => loops[verb](n);
