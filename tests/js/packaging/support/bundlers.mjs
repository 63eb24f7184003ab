// How each bundler is asked to bundle NAME.mjs of a folder into its folder "out", with nothing set for the package:
// what it warns of is an error.
import assert from "node:assert/strict";
import { join } from "node:path";
import { promisify } from "node:util";

export const bundle = { vite, webpack, esbuild, rollup };

async function vite(folder) {
  const { build, createLogger } = await import("vite");
  const customLogger = createLogger("warn", { allowClearScreen: false });
  customLogger.warn = (message) => assert.fail(message);
  await build({ root: folder, configFile: false, logLevel: "warn", customLogger, build: { outDir: "out" } });
  return join(folder, "out");
}

/** Serves a folder as Vite does while one develops. */
export async function serveVite(folder) {
  const { createServer } = await import("vite");
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0 },
  });
  await server.listen();
  return { address: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => server.close() };
}

async function webpack(folder, name) {
  const { default: webpack } = await import("webpack");
  const stats = await promisify(webpack)({
    mode: "production",
    context: folder,
    entry: `./${name}.mjs`,
    output: { path: join(folder, "out"), filename: "bundle.js" },
    // The whole of durastate is larger than what webpack takes for a page's share.
    performance: { hints: false },
  });
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString());
  return join(folder, "out");
}

async function esbuild(folder, name, options = { platform: "browser", format: "esm" }) {
  const { build } = await import("esbuild");
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: [`${name}.mjs`],
    bundle: true,
    minify: true,
    outfile: join(folder, "out/bundle.js"),
    ...options,
  });
  assert.deepEqual(warnings, []);
  return join(folder, "out");
}

async function rollup(folder, name) {
  const { rollup } = await import("rollup");
  const { nodeResolve } = await import("@rollup/plugin-node-resolve");
  const built = await rollup({
    input: join(folder, `${name}.mjs`),
    plugins: [nodeResolve({ browser: true })],
    onwarn: (warning) => assert.fail(warning.message),
  });
  await built.write({ file: join(folder, "out/bundle.js"), format: "es" });
  await built.close();
  return join(folder, "out");
}
