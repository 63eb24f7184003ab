import { KeyValueStore, KeyValueStoreError } from "durastate";
import { KeyValueStore as Small } from "durastate/browser";
import { init, KeyValueStore as Slim } from "durastate/slim";

export async function use(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  await init(bytes);
  let size = 0;
  for (const { memory } of [KeyValueStore, Small, Slim]) {
    const store = memory();
    await store.set("key", bytes);
    const text: string | undefined = await store.get("key");
    // @ts-expect-error a missing key has no text
    const surely: string = await store.get("key");
    // @ts-expect-error a number is no value
    await store.set("key", 1).catch((error) => error instanceof KeyValueStoreError && error.method);
    size += (await store.size()) + (text ?? surely).length;
  }
  return size;
}
