import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, describe, test } from "node:test";
import { launchChromium } from "../support/chromium.mjs";
import { serve } from "./started.mjs";

describe("the site", { timeout: 120_000 }, () => {
  let site;
  let browser;

  before(async () => {
    [site, browser] = await Promise.all([serve(), launchChromium()]);
  });
  after(async () => {
    await browser?.close();
    site?.child.kill();
    await site?.ended;
  });

  /** Goes to a page, looks at how it fits, and gives its links as [address, id or undefined] and its ids. */
  async function look(page, url) {
    const response = await page.goto(url);
    assert.equal(response.status(), 200, url);
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
    assert.equal(`${policy}; frame-ancestors 'none'`, response.headers()["content-security-policy"]);
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${url} is ${overflow} pixels too wide for ${width}`);
    }
    return page.evaluate(() => ({
      ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
      links: [...document.links].map(({ href }) => href.split("#")),
    }));
  }

  test("every link leads somewhere, every page fits a phone and is under the policy", async (t) => {
    const page = await browser.newPage();
    t.after(() => page.close());
    const complaints = [];
    page.on("console", (message) => complaints.push(`${page.url()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
    const found = new Map();
    const waiting = [site.url];
    while (waiting.length) {
      const url = waiting.pop();
      if (found.has(url) || !url.startsWith(site.url)) continue;
      const { status, headers } = await fetch(url, { method: "HEAD" });
      assert.equal(status, 200, url);
      const isPage = headers.get("content-type").startsWith("text/html");
      found.set(url, isPage ? await look(page, url) : { ids: [], links: [] });
      waiting.push(...found.get(url).links.map(([target]) => target));
    }
    for (const [url, { links }] of found) {
      for (const [target, id] of links) {
        if (id) assert.ok(found.get(target).ids.includes(id), `${url} links to ${target}#${id}`);
      }
    }
    const guides = ["key_value", "persistence", "cache", "places", "rust"].map((name) => `guide/${name}.html`);
    for (const path of ["index.html", "playground/key_value.html", ...guides]) {
      assert.ok(found.has(site.url + path), `${path} is not linked`);
    }
    assert.deepEqual(complaints, []);
  });

  test("every response carries the policy, and scripts and wasm their types", async () => {
    for (const [path, status, type] of [
      ["", 200, "text/html; charset=utf-8"],
      ["dist/index.js", 200, "text/javascript; charset=utf-8"],
      ["dist/durastate.wasm", 200, "application/wasm"],
      ["nothing", 404, "text/plain; charset=utf-8"],
      ["guide/page.html", 404, "text/plain; charset=utf-8"],
    ]) {
      const response = await fetch(site.url + path);
      assert.equal(response.status, status, path);
      assert.equal(response.headers.get("content-type"), type);
      const policy = response.headers.get("content-security-policy");
      assert.match(policy, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
      assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'/);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    }
  });

  test("serves its folder and nothing else, to GET and HEAD alone", async () => {
    // fetch would tidy the path up before it is sent
    const ask = (path) => new Promise((resolve) => get(site.url, { path }, (response) => resolve(response.resume())));
    for (const path of [
      "/../../package.json",
      "/..%2f..%2fpackage.json",
      "/%2e%2e/%2e%2e/package.json",
      "/%",
      "/%00",
    ]) {
      assert.equal((await ask(path)).statusCode, 404, path);
    }
    assert.equal((await fetch(site.url, { method: "POST" })).status, 405);
    const head = await fetch(site.url, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });
});
