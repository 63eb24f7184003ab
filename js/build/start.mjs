// npm start [-- --once]: the demo in this terminal, then the site on 127.0.0.1 until Ctrl+C; --once leaves the site out.
// The site is at port 4747 or the next free one; PORT names another.
import { buildIfStale } from "./build.mjs";
import { Failed, main } from "./run.mjs";
import { nodeModules } from "./setup.mjs";

const parent = process.ppid;

await main(async () => {
  const once = onlyOnce(process.argv.slice(2));
  const port = wantedPort(process.env.PORT);
  await nodeModules();
  await buildIfStale();
  const { demo } = await import("./demo.mjs");
  await demo();
  if (!once) await serveSite(port);
});

function onlyOnce(flags) {
  const unknown = flags.find((flag) => flag !== "--once");
  if (unknown) throw new Failed(`unknown flag ${unknown}; there is --once, which ends after the demo`);
  return flags.length > 0;
}

function wantedPort(text) {
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new Failed(`PORT must be a number from 0 to 65535, but is ${JSON.stringify(text)}`);
}

async function serveSite(port) {
  const { writeSite } = await import("./site.mjs");
  const { serve } = await import("./serve.mjs");
  const site = await serve(await writeSite(), port);
  const stop = () => {
    site.close();
    console.log("\nStopped.");
    process.exit(0);
  };
  // before the listeners of run.mjs, which end the process as one that was interrupted at work
  for (const signal of ["SIGINT", "SIGTERM"]) process.prependListener(signal, stop);
  // npm passes a signal to its shell, which ends without passing it on
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && stop(), 250);
  console.log(`\nThe site, with a live key-value store: ${site.url}\nCtrl+C stops it.`);
}
