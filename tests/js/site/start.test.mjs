import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { serve, start } from "./started.mjs";

describe("npm start", { timeout: 120_000 }, () => {
  test("--once shows the demo and ends with 0", async () => {
    const { ended, output, complaints } = start({ flags: ["--once"] });
    assert.equal(await ended, 0, `it said ${complaints()}`);
    for (const line of [
      /kv\.get\("greeting"\) +→ 'hello'$/m,
      /told: \{ key: 'greeting', value: 'hello', origin: 'local' \}$/m,
      /kv\.modify\("greeting", .*\) +→ 'hello, world'$/m,
      /kv\.getUint8Array\("bytes"\) +→ Uint8Array\(3\) \[ 0, 1, 254 \]$/m,
      /app\.json\(\)\.get\("settings"\) +→ \{ theme: 'dark', size: 12 \}$/m,
      /Promise\.all\(\[visit\(\), visit\(\), visit\(\)\]\) +→ \[ 1, 2, 3 \]$/m,
      /readdir\(directory\) +→ \[ 'notes%2Ftoday' \]$/m,
      /files\.get\("notes\/today"\) +→ 'water the plants'$/m,
    ]) {
      assert.match(output(), line);
    }
    assert.ok(!output().includes("\u001b["), "colours where there is no terminal");
    assert.doesNotMatch(output(), /127\.0\.0\.1/);
    assert.ok(output().split("\n").length < 40, "the demo is longer than a screen");
  });

  test("an unknown flag and a bad port are refused before anything is done", async () => {
    for (const [options, complaint] of [
      [{ flags: ["--twice"] }, /unknown flag --twice; there is --once/],
      [{ env: { PORT: "http" } }, /PORT must be a number from 0 to 65535, but is "http"/],
      [{ env: { PORT: "65536" } }, /PORT must be a number/],
    ]) {
      const { ended, output, complaints } = start(options);
      assert.equal(await ended, 1);
      assert.equal(output(), "");
      assert.match(complaints(), complaint);
    }
  });

  test("says where the site is and how to stop it, and stops on SIGTERM and SIGINT", async () => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      const { child, ended, output, url } = await serve();
      // a connection that is kept alive must not keep the server
      assert.equal((await fetch(url)).status, 200);
      assert.match(output(), /Ctrl\+C/);
      child.kill(signal);
      assert.equal(await ended, 0);
      assert.match(output(), /Stopped\.\n$/);
      await assert.rejects(fetch(url));
    }
  });

  test("ends with npm, which does not pass a signal on", async () => {
    const { child, ended, output, url } = await serve({ program: "npm", script: ["start"] });
    child.kill();
    // the streams close when the last process that holds them ends
    await ended;
    assert.match(output(), /Stopped\.\n$/);
    await assert.rejects(fetch(url));
  });

  test("takes the next port when the usual one is taken, and no other than PORT names", async (t) => {
    const other = createServer().listen(4747, "127.0.0.1");
    t.after(() => other.close());
    // somebody else may have it already, which is just as well
    await Promise.race([once(other, "listening"), new Promise((resolve) => other.once("error", resolve))]);
    const { child, ended, url } = await serve({ env: {} });
    assert.ok(Number(new URL(url).port) > 4747);
    child.kill();
    assert.equal(await ended, 0);

    const named = start({ env: { PORT: "4747" } });
    assert.equal(await named.ended, 1);
    assert.match(named.complaints(), /port 4747 is taken/);
  });
});
