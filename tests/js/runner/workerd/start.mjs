// The worker in workerd, and the service that it asks, which answers when a test says so.
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../../../js/build/run.mjs";
import { packagingModules } from "../../../../js/build/setup.mjs";

const FILES = ["index.workerd.js", "wasm.workerd.js", "core.js", "start.js", "shared.js"];

/** Starts it for the time of a test. */
export async function start(context, compatibilityDate) {
  await packagingModules();
  const { Miniflare } = createRequire(join(root, "tests/js/packaging/package.json"))("miniflare");
  const service = new Service();
  const module = (type, path) => ({ type, path: join(root, path) });
  const miniflare = new Miniflare({
    modulesRoot: root,
    modules: [
      module("ESModule", "tests/js/runner/workerd/worker.mjs"),
      ...FILES.map((file) => module("ESModule", `target/probe/${file}`)),
      module("CompiledWasm", "target/probe/durastate.wasm"),
    ],
    compatibilityDate,
    compatibilityFlags: ["nodejs_als"],
    serviceBindings: { SERVICE: service.answer },
  });
  context.after(() => miniflare.dispose());
  const url = await miniflare.ready;
  /** What the worker answers to this request; `ended` where workerd gave it up. */
  const request = async (action, name, options) => {
    const response = await fetch(new URL(`${action}?name=${name}`, url), options);
    return response.ok ? response.json() : { ended: await response.text() };
  };
  return { request, service };
}

class Service {
  #asked = [];
  #waiting = [];

  answer = async (request) => {
    const question = await request.json();
    const value = await new Promise((resolve) => {
      this.#asked.push({ ...question, answer: resolve });
      for (const look of this.#waiting) look();
    });
    return Response.json({ value });
  };

  /** The question of this request, when it comes; each is given once. */
  next(name, verb) {
    return new Promise((resolve) => {
      const look = () => {
        const at = this.#asked.findIndex((question) => question.name === name && question.verb === verb);
        if (at < 0) return;
        this.#waiting = this.#waiting.filter((other) => other !== look);
        resolve(...this.#asked.splice(at, 1));
      };
      this.#waiting.push(look);
      look();
    });
  }

  /** What was asked and not yet taken, as `name verb`. */
  get left() {
    return this.#asked.map(({ name, verb }) => `${name} ${verb}`);
  }
}
