import { columns } from "../caches/columns.mjs";
import { inNode } from "./node.mjs";

const effect = [
  { program: "effect", package: "effect", how: "loop inside Effect.gen" },
  { program: "effect:each", package: "effect", how: "runPromise per call" },
];
const serialised = { program: "bentocache", package: "bentocache", how: "serialised" };
const values = { program: "bentocache", package: "bentocache", how: "serialize: false" };
const cacheable = { program: "cacheable", package: "cacheable" };
const fetching = { program: "lru_cache", package: "lru-cache", how: "fetch" };
const bare = { program: "bare", floor: "a Map in an async function" };
const json = { program: "bare", floor: "a Map of JSON texts in an async function" };

const group = ({ kind, contenders, ...rest }) =>
  inNode({
    kind,
    child: "caches/child.mjs",
    columns: columns[kind],
    contenders: [{ program: "durastate" }, ...contenders],
    ...rest,
  });

export const caches = [
  group({
    kind: "hit",
    name: "cache hit in memory",
    note: "1,024 users of five fields; durastate and effect take a request, the others a key",
    contenders: [
      fetching,
      values,
      cacheable,
      ...effect,
      { program: "lru_cache:get", package: "lru-cache", floor: "get, without promises" },
      bare,
    ],
  }),
  group({
    kind: "persisted",
    name: "cache hit in what is persisted, here in memory",
    note: "the same with the memory tier switched off: what is stored is text, and is decoded each time",
    contenders: [serialised, cacheable, ...effect, json],
  }),
  group({
    kind: "miss",
    name: "cache miss with a lookup that costs nothing",
    note: "a cache begins empty and makes way for another after 8,192 calls; durastate and effect store what was looked up",
    contenders: [fetching, { ...serialised, program: "bentocache:serialised" }, cacheable, ...effect, json],
  }),
  group({
    kind: "store",
    name: "Persistence in memory",
    note: "results of 1,024 requests, each request made for its call",
    contenders: [
      { program: "effect", package: "effect", how: "loop inside Effect.gen" },
      { program: "effect:reused", package: "effect", how: "the same with requests made before" },
      { program: "keyv", package: "keyv" },
      json,
    ],
  }),
];
