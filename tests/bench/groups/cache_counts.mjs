import { grouped } from "../report.mjs";
import { ofCaches, ofStores } from "../seams/cache_operations.mjs";
import { counted } from "../seams/groups.mjs";
import { asked } from "./counts.mjs";

const group = ({ operations, ...rest }) =>
  counted({
    program: "count_persistence_redis",
    servers: ["redis"],
    columns: Object.keys(operations),
    ...rest,
  });

export const cacheCounts = [
  group({
    name: "what Persistence.redis asks for",
    note: `round trips are calls of the host; commands are those of INFO commandstats, also the ones that scripts call;
effect stands on the same host`,
    operations: ofStores,
    lines: (all) => [
      ["", "durastate: round trips", "commands", "effect: round trips", "commands"],
      ...all.map(([operation, { durastate, effect }]) => [operation, ...asked(durastate), ...asked(effect)]),
    ],
  }),
  group({
    name: "what PersistedCache asks a Redis for",
    note: `the same for caches; with subscribe, other processes are told of what they must forget; singleFlight: "process"
leaves claims out; effect has no getMany, so there it is 100 gets at once`,
    operations: ofCaches,
    lines: (all) => [
      [
        "",
        "durastate: round trips",
        "with subscribe",
        '"process"',
        "effect",
        "durastate: commands",
        "effect: commands",
      ],
      ...all.map(([operation, { durastate, withSubscribe, process, effect }]) => [
        operation,
        ...[durastate, withSubscribe, process, effect].map(({ roundTrips }) => grouped(roundTrips)),
        ...[durastate, effect].map((found) => asked(found)[1]),
      ]),
    ],
  }),
];
