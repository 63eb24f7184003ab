import * as all from "durastate";
import * as browser from "durastate/browser";
import * as slim from "durastate/slim";
import { type Equal, is } from "./equal.js";

declare const fetched: Response;
declare const module: WebAssembly.Module;

export async function start(): Promise<void> {
  await slim.init();
  await slim.init(new Uint8Array(8));
  await slim.init(new ArrayBuffer(8));
  await slim.init(new URL("https://example.com/durastate.wasm"));
  await slim.init("https://example.com/durastate.wasm");
  await slim.init(fetched);
  await slim.init(Promise.resolve(fetched));
  await slim.init(module);
  const source: slim.Source = module;
  is<Equal<Awaited<ReturnType<typeof slim.init>>, void>>();
  await slim.init(source);
  await slim.KeyValueStore.memory().get("a");
}

is<Equal<typeof slim.KeyValueStore, typeof all.KeyValueStore>>();
is<Equal<typeof slim.withContext, typeof all.withContext>>();
is<Equal<typeof browser.KeyValueStore, all.PageStores>>();
is<Equal<browser.KeyValueStore, all.KeyValueStore>>();
is<Equal<browser.Change, all.Change>>();
is<Equal<browser.SchemaStore<number>, all.SchemaStore<number>>>();

export async function page(): Promise<number | undefined> {
  try {
    return await browser.KeyValueStore.localStorage().json<number>().get("n");
  } catch (error) {
    if (error instanceof browser.KeyValueStoreError || error instanceof browser.SchemaError)
      return error.message.length;
    throw error;
  }
}

export function refused(): void {
  // @ts-expect-error nothing is no source
  slim.init(null);
  // @ts-expect-error only slim has to be started
  all.init();
  // @ts-expect-error a page has no requests
  browser.withContext({ waitUntil: () => {} });
  // @ts-expect-error what stores are made of is nobody's business
  all.keyValueStores;
  // @ts-expect-error nor is the runner
  all.call;
}
