// Brings what a fresh clone lacks. Each function is idempotent, costs next to nothing the second time, and says what
// it brings, what for, and how long that takes. Nothing here may import an npm package.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { install, onPath } from "./debian.mjs";
import { fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { Failed, root, run, step, works } from "./run.mjs";

const require = createRequire(import.meta.url);
const cache = new Map();

/** Runs `action` once per process and key: what it brought stays. */
function once(key, action) {
  if (!cache.has(key)) cache.set(key, action());
  return cache.get(key);
}

/** The npm packages that a folder's package-lock.json names. */
function npmPackages(folder, what, expected, env = process.env) {
  return once(`npm ${folder}`, async () => {
    const lock = join(folder, "package-lock.json");
    if (!existsSync(join(root, lock))) throw new Failed(`${lock} is missing: it names ${what}`);
    const stamp = join(folder, "node_modules/.durastate-lock");
    const wanted = fingerprint([lock]);
    if (readStamp(stamp) === wanted) return;
    await step(`installing ${what}`, expected, () =>
      run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: join(root, folder), env, minutes: 15 }),
    );
    writeStamp(stamp, wanted);
  });
}

/** TypeScript, esbuild, binaryen and the browsers' drivers: all that builds and tests need of npm. */
export const nodeModules = () => npmPackages(".", "the development packages from npm", "15 s");

/** The bundlers and runtimes that tests/js/packaging installs the package into. */
export const packagingModules = () =>
  npmPackages("tests/js/packaging", "the bundlers and runtimes that the packaging tests use", "2 min");

/** The clients of Redis and databases, and the peers, that adapters are tried with. One of them is compiled. */
export const clientModules = () => {
  const prefix = join(dirname(process.execPath), "..");
  // with the headers of this Node at hand, nothing has to be fetched to compile against them
  const headers = existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {};
  const env = { ...process.env, ...headers };
  return npmPackages("tests/js/clients", "the clients that the adapters are tested with", "90 s", env);
};

/** Node 22, 24 and 26: { NODE22: path, ... }. */
export async function nodes() {
  const versions = Object.keys(require("./nodes/package.json").dependencies);
  const path = (name) => join(root, "js/build/nodes/node_modules", name, "bin/node");
  // elsewhere the packages do not exist, and npm would refuse the whole lot
  if (`${process.platform}-${process.arch}` === "linux-x64") {
    await npmPackages("js/build/nodes", "the other Node versions that the tests run on", "30 s");
  }
  const programs = {};
  for (const name of versions) {
    const program = process.env[name.toUpperCase()] ?? path(name);
    if (!existsSync(program)) throw new Failed(`${name} is missing: set ${name.toUpperCase()} to its program`);
    programs[name.toUpperCase()] = program;
  }
  return programs;
}

/** The environment in which cargo compiles for wasm32-unknown-unknown. */
export const wasmEnvironment = () =>
  once("wasm", async () => {
    const script = 'set -e; settings=$("$1"); eval "$settings"; env -0';
    const text = await run("bash", ["-c", script, "sh", join(root, "js/build/wasm-target.sh")], {
      capture: true,
      minutes: 40,
    });
    const lines = text.split("\0").filter(Boolean);
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  });

/** The environment in which cargo compiles for this machine. */
export const rustEnvironment = () =>
  once("rust", async () => ((await works("cargo", ["--version"])) ? process.env : wasmEnvironment()));

/** rustfmt and clippy, for `npm run check`. */
export const rustLints = () =>
  once("lints", async () => {
    for (const tool of ["fmt", "clippy"]) {
      const env = await rustEnvironment();
      if (await works("cargo", [tool, "--version"], env)) continue;
      const component = tool === "fmt" ? "rustfmt" : tool;
      const what = `cargo ${tool}, which npm run check needs`;
      if (onPath("rustup")) {
        await step(`adding ${what}`, "5 s", () => run("rustup", ["component", "add", component], { minutes: 5 }));
      } else {
        await install([tool === "fmt" ? "rustfmt-web" : "rust-web-clippy"], what, "15 s");
      }
    }
  });

/** The tool over wasm-bindgen-cli-support; resolves with the program's path. */
export const bindgenTool = () =>
  once("bindgen", async () => {
    const env = await rustEnvironment();
    const folder = "target/tools/bindgen";
    const program = join(root, folder, "debug/durastate-bindgen");
    const build = () =>
      run(
        "cargo",
        ["build", "--quiet", "--locked", "--manifest-path", "js/build/bindgen/Cargo.toml", "--target-dir", folder],
        {
          env,
          minutes: 20,
        },
      );
    // cargo itself knows what has changed, and compares the two locks (build.rs)
    await (existsSync(program)
      ? build()
      : step("compiling the tool that writes the wasm's JavaScript glue", "30 s", build));
    return program;
  });

/** wasm-bindgen-test-runner of the crate's own wasm-bindgen version; resolves with the program's path. */
export const testRunner = () =>
  once("test runner", async () => {
    const version = lockedVersion("wasm-bindgen");
    const folder = `target/tools/wasm-bindgen-${version}`;
    const scratch = join(root, "target/tools/test-runner");
    const program = join(root, folder, "bin/wasm-bindgen-test-runner");
    if (existsSync(program)) return program;
    // Not --locked: its lock may name versions that the registry in use does not have. Unoptimised: compiling costs.
    const args = ["install", "wasm-bindgen-cli", "--version", `=${version}`, "--root", folder, "--no-default-features"];
    const env = {
      ...(await rustEnvironment()),
      CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
      CARGO_PROFILE_RELEASE_LTO: "off",
      CARGO_TARGET_DIR: scratch,
    };
    await step(`compiling wasm-bindgen-test-runner ${version}, for the tests of the web feature`, "90 s", () =>
      run("cargo", [...args, "--bin", "wasm-bindgen-test-runner", "--quiet"], { env, minutes: 30 }),
    );
    rmSync(scratch, { recursive: true, force: true });
    return program;
  });

/** The version of a package that Cargo.lock names. */
export function lockedVersion(name) {
  const version = new RegExp(`name = "${name}"\\r?\\nversion = "([^"]+)"`).exec(readLock())?.[1];
  if (!version) throw new Failed(`Cargo.lock names no ${name}`);
  return version;
}

function readLock() {
  const path = join(root, "Cargo.lock");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** A program, or a folder of them, from Debian. `find` tells where it is. */
function fromDebian(variable, find, debianPackage, what, expected) {
  return once(variable, async () => {
    const named = process.env[variable];
    if (named) {
      if (!existsSync(named)) throw new Failed(`${variable} names ${named}, which does not exist`);
      return named;
    }
    if (!find()) await install([debianPackage], what, expected, `, or set ${variable} to its place`);
    const found = find();
    if (!found) throw new Failed(`${debianPackage} is installed, but there is no ${what}`);
    return found;
  });
}

function browser(variable, usual, debianPackage, what, expected) {
  return fromDebian(variable, () => existsSync(usual) && usual, debianPackage, what, expected);
}

/** The newest PostgreSQL's programs: Debian keeps them out of PATH. */
function postgresFolder() {
  const home = "/usr/lib/postgresql";
  const versions = existsSync(home) ? readdirSync(home).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(home, version, "bin")).find((folder) => existsSync(join(folder, "postgres")));
}

/** The servers that tests start for themselves, and what makes their certificates. */
export const servers = async () => ({
  REDIS_SERVER: await fromDebian(
    "REDIS_SERVER",
    () => onPath("redis-server"),
    "redis-server",
    "redis-server, for the tests on a real Redis",
    "10 s",
  ),
  POSTGRES_BIN: await fromDebian(
    "POSTGRES_BIN",
    postgresFolder,
    "postgresql",
    "PostgreSQL, for the tests on a real database",
    "30 s",
  ),
  MARIADBD: await fromDebian(
    "MARIADBD",
    () => ["/usr/sbin/mariadbd", onPath("mariadbd")].find((path) => path && existsSync(path)),
    "mariadb-server",
    "MariaDB, for the tests on a real database",
    "30 s",
  ),
  OPENSSL: await fromDebian(
    "OPENSSL",
    () => onPath("openssl"),
    "openssl",
    "openssl, for the certificates that tests of TLS need",
    "5 s",
  ),
});

export const chromium = () =>
  browser("CHROMIUM", "/usr/bin/chromium", "chromium", "Chromium, for the tests in a browser", "40 s");
export const chromedriver = () =>
  browser(
    "CHROMEDRIVER",
    "/usr/bin/chromedriver",
    "chromium-driver",
    "chromedriver, for the web feature's tests",
    "15 s",
  );
export const firefox = () =>
  browser("FIREFOX", "/usr/bin/firefox-esr", "firefox-esr", "Firefox, for the tests in a browser", "40 s");
