// Counting what operations ask for, whatever is counted.

/** What each operation costs, by name: { prepare, run }, of which only `run` counts; `counts.begin` and `counts.end` stand around it. */
export async function countedOperations(operations, store, counts) {
  const found = {};
  for (const [name, { prepare, run }] of Object.entries(operations)) {
    await prepare?.(store);
    await counts.begin();
    await run(store);
    found[name] = await counts.end();
  }
  return found;
}
