// What Persistence does, whatever it keeps its results in: the same tests in every runtime and on every place.
//   test(name, run)     registers a test
//   durastate           the package
//   open()              gives a place, as persistence/places.mjs makes them
//   traits.clock        whose clock ends a result: "client", or "server"
//   traits.raw          whether the stored texts can be seen and planted
//   traits.room         how many characters of text it has room for
//   traits.refuses      matches the primary keys that it can not hold
//   traits.anyStoreId   whether a store id may be any text, however long
import { badInput } from "./persistence/bad_input.mjs";
import { corruption } from "./persistence/corruption.mjs";
import { exits } from "./persistence/exits.mjs";
import { operations } from "./persistence/operations.mjs";
import { property } from "./persistence/property.mjs";
import { stores } from "./persistence/stores.mjs";
import { timesToLive } from "./persistence/times_to_live.mjs";

const usual = {
  clock: "client",
  raw: true,
  room: Number.POSITIVE_INFINITY,
  refuses: /^$/,
  anyStoreId: true,
};

export function persistenceContract({ traits, ...given }) {
  const suite = { ...given, traits: { ...usual, ...traits } };
  for (const part of [operations, exits, timesToLive, stores, badInput, property]) part(suite);
  if (suite.traits.raw) corruption(suite);
}
