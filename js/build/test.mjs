// npm test [-- <name>...]: sets up what is missing and runs all suites, or the named ones; the name of a layer runs the
// suites that can be narrowed to it.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { endAll, Failed, main, root, seconds } from "./run.mjs";
import { pieces, suites } from "./suites.mjs";

const layerNames = () => {
  const folder = join(root, "src/layers");
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.filter((name) => name.endsWith(".rs") && name !== "mod.rs").map((name) => name.slice(0, -3));
};

/** What the names on the command line choose: { chosen: suites, layers: names }. */
function choose(names) {
  const layers = names.filter((name) => layerNames().includes(name));
  const wanted = names.filter((name) => !layers.includes(name));
  const unknown = wanted.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown) {
    const known = suites.map((suite) => suite.name).join(", ");
    throw new Failed(`nothing is called ${unknown}. Suites: ${known}. Layers: ${layerNames().join(", ")}.`);
  }
  const fits = (suite) => (wanted.length ? wanted.includes(suite.name) : !layers.length || suite.layers);
  const chosen = suites.filter(fits);
  const whole = layers.length ? chosen.find((suite) => !suite.layers) : undefined;
  if (whole) throw new Failed(`the suite ${whole.name} cannot be narrowed to a layer`);
  return { chosen, layers };
}

const brought = new Map();

/** The environment that the pieces make; a piece that failed once fails every suite that needs it. */
async function prepare(needs) {
  let env = process.env;
  for (const name of needs) {
    if (!brought.has(name)) brought.set(name, pieces[name]());
    env = { ...env, ...(await brought.get(name)) };
  }
  return env;
}

async function runSuite(suite, layers) {
  console.error(`\n=== ${suite.name}: ${suite.what} (at most ${suite.minutes} min)`);
  const began = performance.now();
  let failure;
  let limit;
  try {
    const env = await prepare(suite.needs);
    const late = new Promise((_, reject) => {
      limit = setTimeout(() => reject(new Failed(`not done after ${suite.minutes} min`)), suite.minutes * 60_000);
    });
    await Promise.race([suite.run(env, layers), late]);
  } catch (error) {
    failure = error instanceof Failed ? error.message : (error.stack ?? String(error));
    console.error(`\nFAILED ${suite.name}: ${failure}`);
  }
  clearTimeout(limit);
  endAll();
  return { name: suite.name, failure, time: seconds(began) };
}

await main(async () => {
  const { chosen, layers } = choose(process.argv.slice(2));
  const results = [];
  for (const suite of chosen) results.push(await runSuite(suite, layers));

  const failed = results.filter((result) => result.failure);
  console.log("");
  for (const { name, failure, time } of results) {
    console.log(
      `${failure ? "FAILED" : "passed"}  ${name.padEnd(10)} ${time.padStart(9)}${failure ? `  ${failure.split("\n")[0]}` : ""}`,
    );
  }
  console.log(`\n${results.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length ? 1 : 0;
});
