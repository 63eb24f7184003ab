import { createServer } from "node:http";
import { join } from "node:path";
import { root } from "../../../js/build/run.mjs";
import { chromium as program } from "../../../js/build/setup.mjs";
import { measure } from "../measure.mjs";

/** A rest follows each chunk: writes go on in another process, whose queue must not fill up. */
const pace = {
  full: { warmUp: 200, chunks: 8, shortest: 50 },
  quick: { warmUp: 60, chunks: 4, shortest: 50 },
};
const rest = 60;

export const chromium = {
  name: "key-value on localStorage in Chromium",
  note: "1,024 keys of 20 characters, values of 100 bytes, each call awaited before the next",
  unit: "ns of CPU of the page per call",
  repetitions: { full: 5, quick: 1 },
  seconds: { full: 3, quick: 2 },
  columns: ["get", "set"],
  contenders: [
    { program: "durastate" },
    { program: "effect", package: "effect", how: "runPromise per call" },
    { program: "effect_gen", package: "effect", how: "loop inside Effect.gen" },
    { program: "unstorage", package: "unstorage" },
    { program: "bare", floor: "the bare calls in an async function" },
    { program: "synchronous", floor: "the bare calls" },
  ],
  async once({ program }, column, { mode }) {
    const { browser, address } = await opened();
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(address);
      await page.addScriptTag({ content: await bundled(program) });
      await page.evaluate(() => globalThis.bench.start());
      const loop = (n) => page.evaluate(([verb, n]) => globalThis.bench.run(verb, n), [column, n]);
      const { cpu, wall } = await measure(loop, pace[mode], await clock(context, page));
      return { value: cpu, wall };
    } finally {
      await context.close();
    }
  },
  async end() {
    const { browser, server } = await opened();
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
  async machine() {
    return { chromium: (await opened()).browser.version() };
  },
};

let open;

/** Chromium, and an empty page of an origin of its own. */
function opened() {
  open ??= (async () => {
    const executablePath = await program();
    // Only now: its driver comes with the development packages.
    const { launchChromium } = await import("../../js/support/chromium.mjs");
    const browser = await launchChromium(executablePath);
    const server = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<!doctype html><title>bench</title>"),
    );
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { browser, server, address: `http://127.0.0.1:${server.address().port}/` };
  })();
  return open;
}

/** The CPU time of the page's main thread, with what it still does after a call for what was written. */
async function clock(context, page) {
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return {
    wall: () => performance.now() * 1e6,
    async cpu() {
      await new Promise((resolve) => setTimeout(resolve, rest));
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value * 1e9;
    },
  };
}

const bundles = new Map();

function bundled(contender) {
  if (!bundles.has(contender)) bundles.set(contender, bundle(contender));
  return bundles.get(contender);
}

async function bundle(contender) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: {
      contents: `import { storage } from "./contenders/${contender}.mjs";
        import { run, start } from "./page.mjs";
        globalThis.bench = { start: () => start(storage), run };`,
      resolveDir: join(root, "tests/bench"),
    },
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}
