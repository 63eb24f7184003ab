import { start } from "./start.js";

export * from "./core.js";

/** What the module can come from: its bytes, the module itself, or where to fetch it. */
export type Source = BufferSource | WebAssembly.Module | Response | URL | string;

/**
 * Loads and starts the module: once, before anything is opened. Without a source it is fetched from beside this file;
 * where there is no fetch of files (Node), hand over the bytes of `durastate/wasm`.
 */
export async function init(
  source: Source | Promise<Source> = new URL("./durastate.wasm", import.meta.url),
): Promise<void> {
  let given = await source;
  if (typeof given === "string" || given instanceof URL) given = await fetch(given);
  if (given instanceof Response) {
    if (!given.ok) throw new Error(`durastate.wasm could not be fetched: ${given.status} ${given.url}`);
    given = await given.arrayBuffer();
  }
  start(given instanceof WebAssembly.Module ? given : await WebAssembly.compile(given));
}
