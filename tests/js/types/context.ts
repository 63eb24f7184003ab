import { type Context, type KeyValueStores, withContext } from "durastate";
import { type Equal, is } from "./equal.js";

/** As edge runtimes have it, with more than is needed. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

export async function handler(context: ExecutionContext): Promise<string | undefined> {
  const { KeyValueStore } = withContext(context);
  is<Equal<typeof KeyValueStore, KeyValueStores>>();
  return KeyValueStore.memory().get("a");
}

export const smallest: Context = { waitUntil: () => {} };

export function refused(): void {
  // @ts-expect-error a context is needed
  withContext();
  // @ts-expect-error waitUntil is needed
  withContext({});
  // @ts-expect-error it stays what it is
  withContext(smallest).KeyValueStore = undefined;
}
