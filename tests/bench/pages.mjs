// The pages that a run of all cases writes to www/bench.
import { bundles } from "./groups/bundles.mjs";
import { cacheCounts } from "./groups/cache_counts.mjs";
import { caches } from "./groups/caches.mjs";
import { chromium } from "./groups/chromium.mjs";
import { counts } from "./groups/counts.mjs";
import { memory } from "./groups/memory.mjs";
import { redisSend } from "./groups/redis_send.mjs";
import { startUp } from "./groups/start_up.mjs";
import { stores } from "./groups/stores.mjs";
import { webStorage } from "./groups/web_storage.mjs";

export const pages = [
  {
    file: "key_value",
    title: "Benchmarks",
    head: `Each number is the median over several processes, which take turns. Where CPU time is what counts, because
other work on a machine inflates wall time, wall time stands in brackets. The last line of a table says how many times
as much the fastest other library takes: below 1, that one is ahead. Floors do less than a key-value store with
promises, and show what it can not go below.`,
    groups: [memory, webStorage, chromium, startUp, ...bundles],
  },
  {
    file: "seams",
    title: "Benchmarks of Redis and SQL",
    head: `All contenders of a table take turns in one process and in small slices, on a server on the loopback, so that
whatever else the machine does meets all of them alike. Each number is the median of such slices in wall time, with
the CPU time of the process in brackets. The last lines of a table say how many times as much another contender takes
as durastate, as the median over neighbouring slices: below 1, that one is ahead. What is counted is exact.
Numbers are only worth comparing within a table.`,
    groups: [...redisSend, ...stores, ...counts],
  },
  {
    file: "persistence",
    title: "Benchmarks of persistence and caches",
    head: `Each number is the median over several processes, which take turns, in CPU time, with wall time in brackets.
The last line of a table says how many times as much the fastest other library takes: below 1, that one is ahead.
Floors do less, and show what can not be gone below. What is counted is exact.`,
    groups: [...caches, ...cacheCounts],
  },
];
