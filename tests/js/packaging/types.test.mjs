import { cpSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { execute } from "./support/execute.mjs";
import { project } from "./support/installed.mjs";

const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
const users = fileURLToPath(new URL("users", import.meta.url));

suite("the types of the installed package", () => {
  let cwd;

  before(
    async () => {
      cwd = await project();
      cpSync(users, cwd, { recursive: true });
      // required from CommonJS, and from a module
      cpSync(join(cwd, "user.ts"), join(cwd, "user.cts"));
      renameSync(join(cwd, "user.ts"), join(cwd, "user.mts"));
    },
    { timeout: 120_000 },
  );

  for (const [what, options] of [
    ["nodenext", { module: "nodenext", moduleResolution: "nodenext" }],
    ["bundler", { module: "preserve", moduleResolution: "bundler" }],
    [
      "bundler, with the condition workerd",
      { module: "preserve", moduleResolution: "bundler", customConditions: ["workerd"] },
    ],
  ]) {
    test(`moduleResolution ${what}`, { timeout: 60_000 }, async () => {
      const strict = { target: "es2022", strict: true, skipLibCheck: false, noEmit: true, types: [] };
      const settings = { compilerOptions: { ...strict, ...options }, files: ["user.mts", "user.cts"] };
      writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify(settings));
      await execute(process.execPath, [tsc, "-p", "."], { cwd, seconds: 50 });
    });
  }
});
