// Compiles tests/js/types the way users of the built package would: every module resolution, with and without the DOM.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failed, root, step } from "./run.mjs";
import { tsc } from "./types.mjs";

const tests = "tests/js/types";
/** What a platform without the DOM brings itself; left out where the DOM brings it. */
const platform = `${tests}/without-dom.d.ts`;

const nodenext = { module: "nodenext", moduleResolution: "nodenext" };
const bundler = { module: "preserve", moduleResolution: "bundler" };
const dom = { lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.Iterable"] };
const bare = { lib: ["ES2022", "ESNext.Disposable"] };

const consumers = {
  "nodenext-dom": { ...nodenext, ...dom },
  "nodenext-bare": { ...nodenext, ...bare },
  "bundler-dom": { ...bundler, ...dom },
  "bundler-bare": { ...bundler, ...bare },
  "workerd-bare": { ...bundler, ...bare, customConditions: ["workerd"] },
};

export async function compileConsumers() {
  if (!existsSync(join(root, tests))) throw new Failed(`there are no tests in ${tests}`);
  const failures = [];
  for (const [name, options] of Object.entries(consumers)) {
    const folder = `target/consumers/${name}`;
    const above = "../../../";
    const settings = {
      compilerOptions: {
        target: "ES2022",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
        // tests/js/types lies in the package: without it, tsc would look for the sources of dist
        rootDir: above,
        ...options,
      },
      include: [above + tests],
      exclude: options.lib === dom.lib ? [above + platform] : [],
    };
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, "tsconfig.json"), JSON.stringify(settings));
    await step(`compiling ${tests} as ${name}`, "1 s", () =>
      tsc("-p", folder).catch((error) => failures.push(`${name}: ${error.message}`)),
    );
  }
  if (failures.length) throw new Failed(failures.join("\n"));
}
