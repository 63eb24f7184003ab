// Debian's Chromium for every test that needs one, with flags that keep it from asking anybody else for anything.
import { chromium } from "playwright-core";

const flags = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** Starts it; the caller closes it. */
export function launchChromium(executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium") {
  return chromium.launch({
    executablePath,
    headless: true,
    // A process of root can not have a sandbox.
    chromiumSandbox: false,
    timeout: 60_000,
    args: flags,
  });
}
