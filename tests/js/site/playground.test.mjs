import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchChromium } from "../support/chromium.mjs";
import { serve } from "./started.mjs";

describe("the playground of the key-value store", { timeout: 120_000 }, () => {
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

  /** A fresh browser profile whose pages must not complain on their consoles. */
  async function visit(t, path, { prepare } = {}) {
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    t.after(() => context.close());
    const complaints = [];
    const listen = (page) => {
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
    };
    context.on("page", listen);
    if (prepare) await context.addInitScript(prepare);
    const page = await context.newPage();
    await page.goto(site.url + path);
    return { context, page, complaints };
  }

  const entry = (page, key) => page.getByRole("listitem").filter({ has: page.locator(`strong:text-is("${key}")`) });
  const shows = (locator, text) => locator.filter({ hasText: text }).waitFor();

  async function setEntry(page, key, value) {
    await page.bringToFront();
    await page.getByLabel("Key", { exact: true }).fill(key);
    await page.getByLabel("Value", { exact: true }).fill(value);
    await page.getByRole("button", { name: "Set", exact: true }).click();
  }

  test("what one tab changes, the other shows, and a reload finds", async (t) => {
    const { context, page: first, complaints } = await visit(t, "playground/key_value.html");
    await shows(first.locator("#total"), "Nothing is stored");
    const [second] = await Promise.all([
      context.waitForEvent("page"),
      first.getByRole("link", { name: "Open a second tab" }).click(),
    ]);
    await shows(second.locator("#total"), "Nothing is stored");

    await setEntry(first, "greeting", "héllo");
    await shows(entry(first, "greeting"), "local");
    await shows(entry(second, "greeting"), "remote");
    assert.deepEqual(await entry(second, "greeting").locator("> *").allInnerTexts(), [
      "greeting",
      "héllo",
      "6 bytes",
      "remote",
      "Remove",
    ]);
    await shows(second.getByRole("log"), "remote greeting = héllo");
    assert.equal(await first.locator("#call").innerText(), 'await kv.set("greeting", "héllo")');
    assert.equal(await first.evaluate(() => localStorage.getItem("playground:greeting")), "héllo");

    await first.bringToFront();
    await first.getByLabel(/UTF-8 bytes/).check();
    await setEntry(first, "greeting", "hello");
    await shows(entry(second, "greeting"), "aGVsbG8=");
    await first.getByLabel(/UTF-8 bytes/).uncheck();

    for (const [page, count] of [
      [first, "1"],
      [second, "2"],
      [second, "3"],
      [first, "4"],
    ]) {
      await page.bringToFront();
      await page.getByRole("button", { name: "Add one" }).click();
      for (const tab of [first, second]) await shows(tab.locator("#count"), count);
    }

    await second.bringToFront();
    await second.reload();
    await shows(entry(second, "greeting"), "aGVsbG8=");
    assert.equal(await second.locator("#count").innerText(), "4");
    assert.match(await second.locator("#total").innerText(), /^2 entries, 9 bytes/);

    await second.getByRole("button", { name: "Remove greeting" }).focus();
    await second.keyboard.press("Enter");
    await entry(first, "greeting").waitFor({ state: "detached" });
    await shows(first.getByRole("log"), "remote greeting was removed");
    assert.equal(await second.evaluate(() => document.activeElement.getAttribute("aria-label")), "Remove count");

    await first.evaluate(() => localStorage.setItem("of another program", "stays"));
    await first.bringToFront();
    await first.getByRole("button", { name: "Clear all" }).click();
    for (const tab of [first, second]) {
      await shows(tab.locator("#total"), "Nothing is stored");
      assert.equal(await tab.locator("#count").innerText(), "0");
    }
    assert.equal(await second.evaluate(() => localStorage.length), 1);
    assert.deepEqual(complaints, []);
  });

  test("a tab hears that everything was removed at once", async (t) => {
    const { context, page } = await visit(t, "playground/key_value.html");
    await setEntry(page, "greeting", "hello");
    const other = await context.newPage();
    await other.goto(site.url);
    await other.evaluate(() => localStorage.clear());
    await shows(page.getByRole("log"), "everything was removed");
    await shows(page.locator("#total"), "Nothing is stored");
  });

  test("shows the code that runs", async (t) => {
    const { page } = await visit(t, "playground/key_value.html");
    await shows(page.locator("#code"), 'import { KeyValueStore } from "durastate";');
    await shows(page.locator("#code"), "kv.watch(undefined, told)");
  });

  test("a full storage and bad input are told, and what was there stays", async (t) => {
    const { page, complaints } = await visit(t, "playground/key_value.html");
    await setEntry(page, "greeting", "hello");
    await shows(entry(page, "greeting"), "hello");
    assert.equal(await page.getByRole("alert").count(), 0);
    await page.getByRole("button", { name: /20 MB/ }).click();
    await shows(page.getByRole("alert"), /KeyValueStoreError: .*set of key "too large" failed.*QuotaExceededError/);
    await setEntry(page, "", "nowhere");
    await shows(page.getByRole("alert"), /a key must not be empty/);
    await setEntry(page, "count", "many");
    await page.getByRole("alert").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Add one" }).click();
    await shows(page.getByRole("alert"), /SchemaError/);
    await page.reload();
    await shows(entry(page, "greeting"), "hello");
    await shows(entry(page, "count"), "many");
    assert.deepEqual(complaints, []);
  });

  test("a blocked storage is told at once", async (t) => {
    const prepare = () => {
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("Access is denied for this document", "SecurityError");
        },
      });
    };
    const { page, complaints } = await visit(t, "playground/key_value.html", { prepare });
    await shows(page.getByRole("alert"), /KeyValueStoreError: .*SecurityError/);
    await shows(page.locator("#code"), "KeyValueStore.localStorage()");
    await page.getByRole("button", { name: "Add one" }).click();
    await shows(page.getByRole("alert"), /KeyValueStore\.has of key "count" failed.*SecurityError/);
    assert.deepEqual(complaints, []);
  });

  test("values are shown as text, whatever they look like", async (t) => {
    const { page, complaints } = await visit(t, "playground/key_value.html");
    const markup = '<img src="x" onerror="document.title=1">';
    await setEntry(page, markup, markup);
    await shows(page.getByRole("log"), markup);
    assert.equal(await page.locator("#entries img").count(), 0);
    assert.deepEqual(complaints, []);
  });
});
