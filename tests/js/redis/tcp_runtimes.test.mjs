// The tcp client over the sockets of Node, Deno, Bun and workerd, with and without TLS.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { root } from "../../../js/build/run.mjs";
import { nodes, packagingModules } from "../../../js/build/setup.mjs";
import { execute } from "../packaging/support/execute.mjs";
import { program } from "../packaging/support/third_party.mjs";
import { startRedis } from "../support/redis_server.mjs";
import { certificates } from "./tcp/certificates.mjs";

const folder = mkdtempSync(join(tmpdir(), "durastate-tcp-"));
const module = new URL("../../../dist/redis/tcp.js", import.meta.url).href;
const runner = fileURLToPath(new URL("tcp/run.mjs", import.meta.url));
const DONE = ["tcp", "RESP3", "loss", "nobody listens", "tls", "servername", "unknown authority", "another name"];
let server;
let given;
let programs;

async function freePort() {
  const listening = createServer();
  await new Promise((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address();
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

before(
  async () => {
    await packagingModules();
    programs = await nodes();
    const { args, ca } = await certificates(folder);
    const tlsPort = await freePort();
    const tls = ["--tls-port", tlsPort, "--tls-auth-clients", "no", ...args];
    server = await startRedis({ args: tls });
    given = { port: server.port, tlsPort, ca, free: await freePort() };
  },
  { timeout: 600_000 },
);
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const [name, command] of [
  ["this Node", () => [process.execPath]],
  ["Node 22", () => [programs.NODE22]],
  ["Node 24", () => [programs.NODE24]],
  ["Node 26", () => [programs.NODE26]],
  ["Deno, with no permission but that for the network", () => [program("deno"), "run", "--no-prompt", "--allow-net"]],
  ["Bun", () => [program("bun")]],
]) {
  test(`in ${name}`, { timeout: 120_000 }, async () => {
    const [file, ...args] = command();
    const env = { ...process.env, DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    // Deno may read what is imported statically alone
    const reading = file.endsWith("deno") ? [`--allow-read=${root}`] : [];
    const all = [...args, ...reading, runner, module, JSON.stringify(given)];
    const { stdout } = await execute(file, all, { cwd: folder, env, seconds: 90 });
    assert.equal(stdout, DONE.map((done) => `${done} ok\n`).join(""));
  });
}

suite("in workerd", () => {
  let miniflare;

  before(async () => {
    const { Miniflare } = createRequire(join(root, "tests/js/packaging/package.json"))("miniflare");
    const entry = fileURLToPath(new URL("tcp/worker.mjs", import.meta.url));
    const outfile = join(folder, "worker.mjs");
    // as wrangler bundles
    const conditions = ["workerd", "worker", "browser"];
    await build({ entryPoints: [entry], bundle: true, format: "esm", target: "es2022", conditions, outfile });
    const modules = [{ type: "ESModule", path: outfile }];
    miniflare = new Miniflare({ modules, modulesRoot: folder, compatibilityDate: "2026-04-01", cf: false });
  });
  after(() => miniflare?.dispose());

  for (const [action, port] of [
    ["tcp", () => given.port],
    ["RESP3", () => given.port],
    ["loss", () => given.port],
    ["dispose", () => given.port],
    ["nobody", () => given.free],
    ["tls", () => given.tlsPort],
    ["ca", () => given.port],
  ]) {
    test(action, { timeout: 60_000 }, async () => {
      const response = await miniflare.dispatchFetch(`http://localhost/${action}?port=${port()}`);
      assert.equal(await response.text(), "ok");
    });
  }
});
