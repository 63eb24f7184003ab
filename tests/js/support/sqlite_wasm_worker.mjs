// A worker that runs the test it is asked for.
import { runner } from "/tests/js/support/sqlite_wasm.mjs";

const run = runner(new URL(location.href).searchParams.get("kind"));

addEventListener("message", async ({ data: { id, name } }) => {
  try {
    postMessage({ id, names: await (await run)(name) });
  } catch (error) {
    postMessage({ id, error: `${error?.stack ?? error}` });
  }
});
