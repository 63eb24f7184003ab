import assert from "node:assert/strict";

export async function firefox() {
  const { default: puppeteer } = await import("puppeteer-core");
  return puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    timeout: 60_000,
  });
}

/** Opens a page, of either driver, and checks that the program in it ends well. */
export async function expectOk(browser, url) {
  const page = await browser.newPage();
  const heard = [];
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  try {
    // modules have run when the page is loaded
    await page.goto(url, { waitUntil: "load", timeout: 30_000 });
    assert.equal(await page.evaluate("globalThis.outcome"), "ok");
  } catch (cause) {
    throw new Error([`${url}: ${cause.message}`, ...heard].join("\n"), { cause });
  } finally {
    await page.close();
  }
}
