// A worker that runs one test of the contracts of results in each request: on its D1 database, or on a namespace of KV.
import * as durastate from "durastate";
import { fromCloudflareKv } from "durastate/kv/cloudflare";
import { fromD1 } from "durastate/sql/d1";
import { register } from "./results_suites.mjs";

const hosts = {
  D1: (env) => ({ ...fromD1(env.DB), dialect: "sqlite" }),
  KV: (env) => fromCloudflareKv(env.KV),
};

export default {
  async fetch(request, env, context) {
    const { searchParams } = new URL(request.url);
    const [where, contract, name] = ["where", "contract", "name"].map((part) => searchParams.get(part));
    const tests = new Map();
    const scoped = { ...durastate, ...durastate.withContext(context) };
    const test = (name, run) => tests.set(name, run);
    register(where, contract, { test, durastate: scoped, host: () => hosts[where](env) });
    try {
      await tests.get(name)();
      return Response.json({ names: [...tests.keys()] });
    } catch (error) {
      return Response.json({ error: `${error?.stack ?? error}` });
    }
  },
};
