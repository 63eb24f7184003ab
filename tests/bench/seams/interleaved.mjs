// Timing of contenders that share a process.
import { clock } from "../clock.mjs";
import { median, timed } from "../measure.mjs";

/** How long each warms up and is measured, and how long a slice is at least, in milliseconds. */
export const pace = {
  full: { warmUp: 500, measured: 1500, shortest: 4 },
  quick: { warmUp: 250, measured: 300, shortest: 3 },
};

/**
 * Runs all loops in turns and in small slices, every other time the other way round, so that whatever else the machine
 * does meets all of them alike. Resolves with medians, by name: { cpu, wall } in microseconds per call, and as `ratio`
 * the same as parts of what the first one took in the same round.
 */
export async function interleaved(loops, { warmUp, measured, shortest }) {
  const all = Object.entries(loops);
  const [[, first]] = all;
  // a multiple of 100, for loops that run 100 at once
  let n = 100;
  const until = (milliseconds) => {
    const end = performance.now() + milliseconds * all.length;
    return () => performance.now() < end;
  };
  for (const isEarly = until(warmUp); isEarly(); ) for (const [, loop] of all) await loop(n);
  while ((await timed(first, n, clock)).wall * n < shortest * 1e6) n *= 2;
  const slices = new Map(all.map(([name]) => [name, []]));
  const isEarly = until(measured);
  for (let round = 0; isEarly(); round++) {
    for (const [name, loop] of round % 2 ? all.toReversed() : all) slices.get(name).push(await timed(loop, n, clock));
  }
  const [base] = slices.values();
  return Object.fromEntries([...slices].map(([name, found]) => [name, summed(found, base)]));
}

function summed(slices, base) {
  const middle = (what) => median(slices.map((slice) => slice[what])) / 1000;
  const ratio = (what) => median(slices.map((slice, round) => slice[what] / base[round][what]));
  return { cpu: middle("cpu"), wall: middle("wall"), ratio: { cpu: ratio("cpu"), wall: ratio("wall") } };
}
