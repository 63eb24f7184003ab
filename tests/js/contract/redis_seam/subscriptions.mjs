import { equal, rejects } from "../../support/assert.mjs";
import { eventually } from "./eventually.mjs";

/** A listener, and a promise of what it is told next. */
function ear() {
  const heard = [];
  const waiting = [];
  return {
    heard,
    listen(message) {
      heard.push(message);
      for (const resolve of waiting.splice(0)) resolve();
    },
    /** Resolves when it has been told this many messages in all. */
    async all(count) {
      while (heard.length < count) await new Promise((resolve) => waiting.push(resolve));
      return heard;
    },
  };
}

export function subscriptions({ test, open, traits, newKey }) {
  test("a message reaches who listens to its channel, as it was", async () => {
    const { redis } = await open();
    const [channel, other] = [newKey("é"), newKey("other")];
    const [one, two, elsewhere] = [ear(), ear(), ear()];
    const ends = [
      await redis.host.subscribe(channel, one.listen),
      await redis.host.subscribe(channel, two.listen),
      await redis.host.subscribe(other, elsewhere.listen),
    ];
    const message = "👩‍👩‍👧\r\n\u0000 é";
    await redis.send("PUBLISH", channel, message);
    // in a cluster the next one may go another way, and be faster
    equal(await one.all(1), [message]);
    await two.all(1);
    await redis.send("PUBLISH", channel, "");
    await redis.send("PUBLISH", other, "elsewhere");
    equal(await one.all(2), [message, ""]);
    equal(await two.all(2), [message, ""]);
    equal(await elsewhere.all(1), ["elsewhere"]);
    for (const end of ends) await end();
  });

  test("who has ended is told nothing more, the others are", async () => {
    const { redis } = await open();
    const channel = newKey();
    const [gone, here] = [ear(), ear()];
    const end = await redis.host.subscribe(channel, gone.listen);
    const endOther = await redis.host.subscribe(channel, here.listen);
    await end();
    await end();
    await redis.send("PUBLISH", channel, "a");
    equal(await here.all(1), ["a"]);
    equal(gone.heard, []);
    await endOther();
  });

  test("the same function may listen twice, and to several channels", async () => {
    const { redis } = await open();
    const [channel, other] = [newKey(), newKey()];
    const both = ear();
    const ends = [];
    for (const name of [channel, channel, other]) ends.push(await redis.host.subscribe(name, both.listen));
    await redis.send("PUBLISH", channel, "a");
    await both.all(2);
    await ends[0]();
    await redis.send("PUBLISH", channel, "b");
    await both.all(3);
    await redis.send("PUBLISH", other, "c");
    equal(await both.all(4), ["a", "a", "b", "c"]);
    for (const end of ends) await end();
  });

  test("commands go on while something listens", async () => {
    const { redis } = await open();
    const end = await redis.host.subscribe(newKey(), () => undefined);
    equal(await redis.send("PING"), "PONG");
    equal(await redis.send("GET", newKey()), null);
    await end();
  });

  if (traits.cluster) return;

  const connections = async (redis) => (await redis.send("CLIENT", "LIST")).trim().split("\n").length;

  test("channels share one connection, which goes with the last of them", async () => {
    const { redis } = await open();
    await redis.send("PING");
    const before = await connections(redis);
    const ends = await Promise.all([1, 2, 3].map((i) => redis.host.subscribe(newKey(`${i}`), () => undefined)));
    equal((await connections(redis)) - before, 1);
    await Promise.all(ends.map((end) => end()));
    await eventually(async () => equal((await connections(redis)) - before, 0));
    // and comes again
    const channel = newKey();
    const again = ear();
    const end = await redis.host.subscribe(channel, again.listen);
    await redis.send("PUBLISH", channel, "a");
    equal(await again.all(1), ["a"]);
    await end();
  });

  test("who listens hears again after the server was started again", async () => {
    const { redis, server } = await open();
    const channel = newKey();
    const still = ear();
    const end = await redis.host.subscribe(channel, still.listen);
    await server.kill();
    await server.start();
    await eventually(async () => {
      await redis.send("PUBLISH", channel, "again");
      equal(still.heard.slice(0, 1), ["again"]);
    });
    await end();
  });

  test("where there is no server, nobody can start to listen", async () => {
    const { redis, server } = await open();
    await redis.send("PING");
    await server.kill();
    try {
      await rejects(
        redis.host.subscribe(newKey(), () => undefined),
        Error,
      );
    } finally {
      await server.start();
    }
    const channel = newKey();
    const later = ear();
    await eventually(() => redis.send("PING"));
    const end = await eventually(() => redis.host.subscribe(channel, later.listen));
    await redis.send("PUBLISH", channel, "a");
    equal(await later.all(1), ["a"]);
    await end();
  });
}
