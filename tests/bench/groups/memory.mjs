import { inNode } from "./node.mjs";

export const memory = inNode({
  name: "key-value in memory",
  note: "8,192 keys of 20 characters, values of 100 bytes, each call awaited before the next",
  kind: "memory",
  columns: ["get", "set", "has"],
  contenders: [
    { program: "durastate" },
    { program: "effect", package: "effect", how: "runPromise per call" },
    { program: "effect_gen", package: "effect", how: "loop inside Effect.gen" },
    { program: "keyv", package: "keyv" },
    { program: "unstorage", package: "unstorage" },
    { program: "bare", floor: "a Map in an async function" },
    { program: "lru_cache", package: "lru-cache", floor: "without promises" },
    { program: "synchronous", floor: "a Map without promises" },
  ],
});
