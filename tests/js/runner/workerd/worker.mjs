// A worker as people write them: the store is opened once, outside of the requests, and asks another service.
import { AsyncLocalStorage } from "node:async_hooks";
import * as durastate from "../../../../target/probe/index.workerd.js";

const { call, glue, KeyValueStore, Scope, withContext } = durastate;
const request = new AsyncLocalStorage();

/** Asks the service on behalf of the request that is being answered, and says so. */
async function ask(verb, key, value) {
  const { env, name } = request.getStore();
  const body = JSON.stringify({ name, verb, key, value });
  const response = await env.SERVICE.fetch("http://service/", { method: "POST", body });
  return (await response.json()).value;
}

const implementation = {
  get: (key) => ask("get", key),
  set: (key, value) => ask("set", key, value),
  remove: (key) => ask("remove", key),
  keys: () => ask("keys"),
};
const store = KeyValueStore.make(implementation);
const host = { immediate: false, ...implementation, getMany: (keys) => ask("getMany", keys) };

const actions = {
  modify: (name) => store.modify("shared", (text) => `${text}+${name}`),
  set: (name) => store.set("shared", name),
  keys: () => store.keys(),
  read: () => call(() => glue.probe_join(host, ["a", "b"])),
  wait: () => call(() => glue.probe_wait(20)),
  panic: () => call(() => glue.probe_panic(undefined, "in one request", false)),
  "keys-with-context": (_, context) => withContext(context).KeyValueStore.make(implementation).keys(),
  // The response does not wait for the claim, which nobody wants any more.
  abandon: async (_, context) => {
    const stop = new AbortController();
    const claimed = call(() => glue.probe_claim(host, "job"), stop.signal, new Scope(context));
    setTimeout(() => stop.abort(new Error("abandoned")), 1);
    return claimed;
  },
};

export default {
  async fetch({ url }, env, context) {
    const { pathname, searchParams } = new URL(url);
    const name = searchParams.get("name");
    return request.run({ env, name }, async () => {
      try {
        return Response.json({ value: await actions[pathname.slice(1)](name, context) });
      } catch (error) {
        return Response.json({ error: `${error}` });
      }
    });
  },
};
