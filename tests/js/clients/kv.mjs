// The key-value packages that the adapters are tried with.
export { Keyv } from "keyv";
export { createStorage } from "unstorage";
export { default as fsDriver } from "unstorage/drivers/fs";
export { default as memoryDriver } from "unstorage/drivers/memory";
