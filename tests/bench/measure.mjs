// Timing inside of one process or page.

/** How long a loop runs before it counts, how many chunks count, and how long each is at least, in milliseconds. */
export const pace = { full: { warmUp: 200, chunks: 8, shortest: 60 }, quick: { warmUp: 60, chunks: 4, shortest: 20 } };

/** Runs `loop(n)` often enough; resolves with nanoseconds per call, as `clock` counts them: { cpu, wall }. */
export async function measure(loop, { warmUp, chunks, shortest }, clock) {
  let n = 256;
  const began = performance.now();
  while (performance.now() - began < warmUp) await loop(n);
  while ((await timed(loop, n, clock)).wall * n < shortest * 1e6) n *= 2;
  const results = [];
  for (let chunk = 0; chunk < chunks; chunk++) results.push(await timed(loop, n, clock));
  const found = (name) => lowerQuartile(results.map((result) => result[name]));
  return { cpu: found("cpu"), wall: found("wall") };
}

/** What `loop(n)` takes, in nanoseconds per call: { cpu, wall }. */
export async function timed(loop, n, clock) {
  const cpu = await clock.cpu();
  const wall = clock.wall();
  await loop(n);
  const took = clock.wall() - wall;
  return { cpu: ((await clock.cpu()) - cpu) / n, wall: took / n };
}

/** What a chunk takes when little else gets in its way. */
function lowerQuartile(numbers) {
  return sorted(numbers)[Math.floor((numbers.length - 1) / 4)];
}

export function median(numbers) {
  const inOrder = sorted(numbers);
  const middle = inOrder.length >> 1;
  return inOrder.length % 2 ? inOrder[middle] : (inOrder[middle - 1] + inOrder[middle]) / 2;
}

function sorted(numbers) {
  return [...numbers].sort((a, b) => a - b);
}
