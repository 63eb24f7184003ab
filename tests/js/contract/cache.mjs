// What PersistedCache does, wherever its results are kept: the same tests in every runtime and on every place.
//   test(name, run)   registers a test
//   durastate         the package
//   open()            gives a place, as persistence/places.mjs makes them
//   traits.gate       whether the host is behind a gate, so that a test can hold it back and have it fail
//   traits.tags       whether what has a tag can be invalidated
//   traits.claims     whether processes can agree on who looks a key up
//   traits.leases     whose clock ends a claim: "client", or "server"
//   traits.clock      whose clock ends a result
//   traits.news       whether a change is told to the other processes
//   traits.raw        whether the stored texts can be seen
import { failing } from "./cache/failing.mjs";
import { kept } from "./cache/kept.mjs";
import { lookups } from "./cache/lookups.mjs";
import { news } from "./cache/news.mjs";
import { processes } from "./cache/processes.mjs";
import { stale } from "./cache/stale.mjs";
import { tags } from "./cache/tags.mjs";

const usual = { gate: true, tags: true, claims: true, leases: "client", clock: "client", news: false, raw: true };

export function cacheContract({ test, traits, ...given }) {
  const opened = [];
  /** Caches listen to others, which may keep a process alive, until they are closed. */
  const closing = (name, run) =>
    test(name, async () => {
      try {
        await run();
      } finally {
        for (const cache of opened.splice(0)) await cache.close();
      }
    });
  const suite = { ...given, test: closing, opened, traits: { ...usual, ...traits } };
  for (const part of [lookups, kept, stale, tags]) part(suite);
  if (suite.traits.gate) failing(suite);
  if (suite.traits.claims) processes(suite);
  if (suite.traits.news) news(suite);
}
