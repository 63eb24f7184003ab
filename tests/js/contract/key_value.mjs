// What a KeyValueStore does, whatever it keeps things in: the same tests in every runtime and on every store.
//   test(name, run)     registers a test
//   durastate           the package
//   open()              opens a store with nothing in it
//   traits.nativeBytes  whether the store keeps bytes as bytes, or else as base64
//   traits.tellsKinds   whether it can tell text from bytes; bytes that are UTF-8 are text otherwise
//   traits.anyText      whether it keeps half of a surrogate pair, which UTF-8 has not, or else refuses it
//   traits.lists        whether the store can list its keys
//   traits.room         how many characters of value it has room for
//   traits.atomicity    what it promises
//   traits.isWhole      whether it is no view, so that durastate's own entries may lie in it
import { badInput } from "./key_value/bad_input.mjs";
import { concurrency } from "./key_value/concurrency.mjs";
import { listings } from "./key_value/listings.mjs";
import { modifying } from "./key_value/modifying.mjs";
import { prefixes } from "./key_value/prefixes.mjs";
import { reserved } from "./key_value/reserved.mjs";
import { schemas } from "./key_value/schemas.mjs";
import { sealing } from "./key_value/sealing.mjs";
import { values } from "./key_value/values.mjs";
import { watching } from "./key_value/watching.mjs";

const usual = {
  nativeBytes: true,
  tellsKinds: true,
  anyText: true,
  lists: true,
  room: Number.POSITIVE_INFINITY,
  atomicity: "none",
  isWhole: true,
};

export function keyValueContract({ traits, ...given }) {
  const suite = { ...given, traits: { ...usual, ...traits } };
  for (const part of [values, modifying, concurrency, schemas, watching, sealing, badInput]) part(suite);
  if (suite.traits.lists) for (const part of [listings, prefixes]) part(suite);
  if (suite.traits.isWhole) reserved(suite);
}
