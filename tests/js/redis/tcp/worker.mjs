// The program inside of a worker: each request has connections of its own.
import { connect } from "../../../../dist/redis/tcp.js";
import { check, checkLoss, checkRefusal } from "./program.mjs";

const actions = {
  tcp: ({ port }) => check(connect, { port }),
  RESP3: ({ port }) => check(connect, { port, protocol: 3 }),
  loss: ({ port }) => checkLoss(connect, { port }),
  dispose: async ({ port }) => {
    await using redis = await connect({ port });
    return redis.send("ECHO", "ok");
  },
  nobody: ({ port }) => checkRefusal(connect, { port }, /^ConnectionError Redis at .* cannot be reached: ./),
  tls: ({ port }) => {
    const options = { host: "localhost", port, tls: true, connectTimeout: 5000 };
    return checkRefusal(connect, options, /^ConnectionError .*(cannot be reached|was lost)/);
  },
  ca: ({ port }) => checkRefusal(connect, { port, tls: { ca: "" } }, /tls\.ca of connect is not known to the TLS of/),
};

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    try {
      return new Response(await actions[pathname.slice(1)]({ port: Number(searchParams.get("port")) }));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};
