import { grouped } from "../report.mjs";
import { counted } from "../seams/groups.mjs";
import { operations } from "../seams/operations.mjs";

const columns = Object.keys(operations);

export const counts = [
  counted({
    name: "what KeyValueStore.redis asks for",
    note: "round trips are calls of the host; commands are those of INFO commandstats, also the ones that scripts call",
    program: "count_redis",
    servers: ["redis"],
    columns,
    lines: (all) => [
      ["", "round trips", "commands", "round trips with subscribe", "commands with subscribe"],
      ...all.map(([operation, { withoutSubscribe, withSubscribe }]) => [
        operation,
        ...asked(withoutSubscribe),
        ...asked(withSubscribe),
      ]),
    ],
  }),
  counted({
    name: "what KeyValueStore.sql asks for",
    note: "calls are those of query and batch of the host; round trips of pg are all that its client sends",
    program: "count_sql",
    servers: ["postgres"],
    columns,
    lines: (all) => [
      ["", "sqlite: calls", "statements", "pg: calls", "statements", "round trips"],
      ...all.map(([operation, { sqlite, pg }]) => [
        operation,
        ...[sqlite.calls, sqlite.statements, pg.calls, pg.statements, pg.roundTrips].map(grouped),
      ]),
    ],
  }),
];

/** What Redis was asked for, as two cells. */
export function asked({ roundTrips, commands }) {
  const told = Object.entries(commands).map(([name, calls]) => (calls === 1 ? name : `${grouped(calls)} × ${name}`));
  return [grouped(roundTrips), told.join(", ").toUpperCase()];
}
