// Chromium with pages that know durastate, its store for IndexedDB by itself, and how others use IndexedDB.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { openPage, sendPage, serve } from "./browser.mjs";
import { launchChromium } from "./chromium.mjs";

/** The store by itself, to be given less patience than users have. */
async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../../js/hosts/indexed_db.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0].text;
}

/** `{ server, browser, context, opened, close }`; `opened` opens a page. */
export async function startPages() {
  const source = await bundled();
  const server = await serve({
    "/indexed_db.js": (_, response) => response.setHeader("content-type", "text/javascript").end(source),
    "/forbidden": (_, response) => {
      response.setHeader("content-security-policy", "sandbox allow-scripts");
      sendPage(response);
    },
  });
  const browser = await launchChromium();
  const context = await browser.newContext();
  const opened = async (path = "/page", within = context) => {
    const page = await openPage(within, server.origin, path);
    await page.evaluate(async () => {
      globalThis.others = await import("/tests/js/support/indexed_db_page.mjs");
    });
    return page;
  };
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { server, browser, context, opened, close };
}
