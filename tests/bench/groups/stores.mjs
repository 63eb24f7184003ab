import { sideBySide } from "../seams/groups.mjs";

const group = (over, { note, ...rest }) =>
  sideBySide({
    name: `KeyValueStore over ${over}`,
    note: `1,024 keys of 20 characters, values of 100 bytes, each call awaited before the next${note}`,
    columns: ["get", "set", "modify"],
    ...rest,
  });

const onRedis = (over, program) =>
  group(over, {
    note: '; without subscribe nobody is told of changes; the bare "modify" is a get and a set, which nothing holds together',
    program,
    servers: ["redis"],
    contenders: [
      { as: "durastate" },
      { as: "unheard", how: "without subscribe" },
      { as: "bare", package: "ioredis", how: "bare calls" },
    ],
  });

const onSql = (over, program, { servers, driver, note }) =>
  group(over, {
    note: `; the bare "modify" is a SELECT and an UPDATE with a condition${note}`,
    program,
    servers,
    contenders: [{ as: "durastate" }, { as: "bare", ...driver }],
  });

export const stores = [
  onRedis("ioredis", "store_ioredis"),
  onRedis("durastate/redis/tcp", "store_tcp"),
  onSql("node:sqlite", "store_node_sqlite", {
    servers: [],
    driver: { package: "node:sqlite", how: "bare statements" },
    note: "; in memory",
  }),
  onSql("pg", "store_pg", {
    servers: ["postgres"],
    driver: { package: "pg", how: "bare statements" },
    note: "; PostgreSQL does not wait for its disk",
  }),
];
