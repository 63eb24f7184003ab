// The tests of the crate's feature `web`, by wasm-bindgen-test: in Chromium, and in Node.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { wasmEnvironment } from "./setup.mjs";

const chromiumFlags = [
  "--headless=new",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-domain-reliability",
  "--disable-client-side-phishing-detection",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  // as root, Chromium refuses to start with its sandbox
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export async function testWebFeature({ CHROMIUM, CHROMEDRIVER, TEST_RUNNER }) {
  const driver = join(root, "target/webdriver.json");
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(driver, JSON.stringify({ "goog:chromeOptions": { binary: CHROMIUM, args: chromiumFlags } }));
  const shared = {
    ...(await wasmEnvironment()),
    CHROMEDRIVER,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: TEST_RUNNER,
    WASM_BINDGEN_TEST_TIMEOUT: "60",
  };
  const inBrowser = { ...shared, WASM_BINDGEN_USE_BROWSER: "1", WASM_BINDGEN_TEST_WEBDRIVER_JSON: driver };
  const args = ["test", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "web", "--test"];
  await run("cargo", [...args, "web"], { env: inBrowser, minutes: 15 });
  await run("cargo", [...args, "web_node"], { env: shared, minutes: 10 });
}
