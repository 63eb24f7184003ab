import { after, before, suite, test } from "node:test";
import { launchChromium } from "../support/chromium.mjs";
import { expectOk, firefox } from "./support/browsers.mjs";
import { servePages } from "./support/pages.mjs";

const everywhere = [
  ["a page with an import map", "mapped/entry.html"],
  ["a page whose policy allows nothing but wasm-unsafe-eval", "strict/entry.html"],
  ["durastate and durastate/browser in one page", "mapped/both.html"],
  ["durastate/slim, which fetches the wasm", "mapped/slim.html"],
  ["a dedicated worker", "direct/worker-page.html"],
];
const inChromium = [
  ["a page that imports the file itself", "direct/entry.html"],
  ["durastate/slim under that policy", "strict/slim.html"],
  ["a dedicated worker under that policy", "strict/worker-page.html"],
  ["a service worker", "direct/service-worker-page.html"],
];

for (const [name, launch, pages] of [
  ["Chromium", () => launchChromium(), [...everywhere, ...inChromium]],
  ["Firefox", firefox, everywhere],
]) {
  suite(`in ${name}, without a bundler`, () => {
    let browser;
    let server;

    before(
      async () => {
        server = await servePages();
        browser = await launch();
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

    for (const [what, path] of pages) {
      test(what, { timeout: 60_000 }, () => expectOk(browser, `${server.address}/${path}`));
    }
  });
}
