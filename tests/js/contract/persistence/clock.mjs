/** Runs `run` with a clock that stands still until it is set: `clock.now` is what Date.now gives. */
export async function withClock(run) {
  const real = Date.now;
  const clock = { now: Math.trunc(real.call(Date)) };
  Date.now = () => clock.now;
  try {
    await run(clock);
  } finally {
    Date.now = real;
  }
}

/** Asks again after a pause until the answer is true; for what a server times itself. */
export async function eventually(ask, what) {
  const real = performance.now();
  while (!(await ask())) {
    if (performance.now() - real > 15_000) throw new Error(`it did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
