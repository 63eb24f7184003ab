import { after, before, suite, test } from "node:test";
import { launchChromium } from "../support/chromium.mjs";
import { expectOk } from "./support/browsers.mjs";
import { servePages } from "./support/pages.mjs";

suite("in Chromium, without a bundler", () => {
  let browser;
  let server;

  before(
    async () => {
      server = await servePages();
      browser = await launchChromium();
    },
    { timeout: 120_000 },
  );
  after(
    async () => {
      await browser?.close();
      await server?.close();
    },
    { timeout: 30_000 },
  );

  for (const [what, path] of [
    ["a page with an import map", "mapped/entry.html"],
    ["a page that imports the file itself", "direct/entry.html"],
    ["a page whose policy allows nothing but wasm-unsafe-eval", "strict/entry.html"],
    ["durastate and durastate/browser in one page", "mapped/both.html"],
    ["durastate/slim, which fetches the wasm", "mapped/slim.html"],
    ["durastate/slim under that policy", "strict/slim.html"],
    ["a dedicated worker", "direct/worker-page.html"],
    ["a dedicated worker under that policy", "strict/worker-page.html"],
    ["a service worker", "direct/service-worker-page.html"],
  ]) {
    test(what, { timeout: 60_000 }, () => expectOk(browser, `${server.address}/${path}`));
  }
});
