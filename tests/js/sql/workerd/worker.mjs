// A Worker that runs the test it is asked for: on its D1 database, or on the storage of a Durable Object.
import { DurableObject } from "cloudflare:workers";
import * as durastate from "durastate";
import { fromD1 } from "durastate/sql/d1";
import { fromDurableObject } from "durastate/sql/durable-object";
import { d1Tests, durableObjectTests } from "./tests.mjs";

export class Keeper extends DurableObject {
  fetch(request) {
    return answer(request, this.ctx, durableObjectTests, fromDurableObject, this.ctx.storage);
  }
}

export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/d1") return answer(request, context, d1Tests, fromD1, env.DB);
    return env.KEEPER.get(env.KEEPER.idFromName("keeper")).fetch(request);
  },
};

async function answer(request, context, register, from, client) {
  const tests = new Map();
  const scoped = { ...durastate, ...durastate.withContext(context) };
  register({ test: (name, run) => tests.set(name, run), durastate: scoped, from, client });
  const name = new URL(request.url).searchParams.get("test");
  try {
    await tests.get(name)();
    return Response.json({ names: [...tests.keys()] });
  } catch (error) {
    return Response.json({ error: `${error.stack ?? error}` });
  }
}
