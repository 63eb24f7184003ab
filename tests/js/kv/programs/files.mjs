// A process of its own that uses a directory: what it does is named by its first argument, the directory by its second.
import { KeyValueStore } from "durastate";

const [, , task, directory] = process.argv;
const kv = KeyValueStore.fileSystem(directory);
const say = (value) => console.log(JSON.stringify(value));

const tasks = {
  /** Writes values of 1 MB, each of one letter, until somebody ends it. */
  async write() {
    for (let round = 0; ; round++) {
      const letter = String.fromCharCode(97 + (round % 26));
      await Promise.all(["a", "b", "c"].map((key) => kv.set(key, letter.repeat(1_000_000))));
      if (round === 0) say("ready");
    }
  },

  /** Writes more than it may, and then something small. */
  async full() {
    const error = await kv.set("a", "x".repeat(1_000_000)).then(
      () => "stored",
      (thrown) => [thrown._tag, thrown.method, thrown.key, thrown.cause?.code],
    );
    const before = await kv.get("a");
    await kv.set("b", "small");
    say({ error, before, keys: (await kv.keys()).sort() });
  },

  /** Reads and writes more files at once than it may have open. */
  async many() {
    const keys = Array.from({ length: 1000 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => kv.set(key, key)));
    const values = await Promise.all(keys.map((key) => kv.get(key)));
    say(values.every((value, i) => value === keys[i]));
  },
};
await tasks[task]();
