import { inNode } from "./node.mjs";

export const webStorage = inNode({
  name: "key-value on a Web Storage that costs nothing",
  note: "an object with the methods of a Storage over a Map, in Node; otherwise as in memory",
  kind: "storage",
  columns: ["get", "set"],
  contenders: [
    { program: "durastate" },
    { program: "effect", package: "effect", how: "runPromise per call" },
    { program: "effect_gen", package: "effect", how: "loop inside Effect.gen" },
    { program: "unstorage", package: "unstorage" },
    { program: "bare", floor: "the bare calls in an async function" },
    { program: "synchronous", floor: "the bare calls" },
  ],
});
