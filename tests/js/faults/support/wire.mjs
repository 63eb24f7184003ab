// A wire between a client and a server that can break where no server would break it.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Passes on what comes, until it is told otherwise: `{ port, holdReplies(), reset(), close() }`. */
export async function wireTo(port) {
  const pairs = new Set();
  let isHeld = false;
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    const pair = [near, far];
    pairs.add(pair);
    near.on("data", (part) => far.write(part));
    far.on("data", (part) => {
      if (isHeld) heard();
      else near.write(part);
    });
    for (const [one, other] of [pair, [far, near]]) {
      one.on("error", () => undefined);
      one.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  });
  let heard = () => undefined;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,

    /** From now on no reply arrives; what it gives resolves when the server has sent one. */
    holdReplies() {
      isHeld = true;
      return new Promise((resolve) => {
        heard = resolve;
      });
    },

    /** Breaks all connections as a crashed machine between the two would, and passes on what new ones send. */
    reset() {
      isHeld = false;
      for (const [near, far] of pairs) {
        far.destroy();
        near.resetAndDestroy();
      }
    },

    async close() {
      server.close();
      this.reset();
      await once(server, "close");
    },
  };
}
