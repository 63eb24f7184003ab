/** What is reported, as the errors of event listeners are, while `run` runs. */
export async function reportedBy(run) {
  const own = Object.getOwnPropertyDescriptor(globalThis, "reportError");
  const reported = [];
  globalThis.reportError = (error) => reported.push(error);
  try {
    await run();
  } finally {
    if (own) Object.defineProperty(globalThis, "reportError", own);
    else delete globalThis.reportError;
  }
  return reported;
}

/** A list of what a listener is told, with a way to wait until it was told a number of times. */
export function recorder() {
  const told = [];
  let wake = () => {};
  const listener = (change) => {
    told.push(change);
    wake();
  };
  const until = async (count) => {
    while (told.length < count) await new Promise((resolve) => (wake = resolve));
    return told;
  };
  return { told, listener, until };
}
