// Counts calls of the host and the statements in them; and for pg what it sends itself, one round trip after the other.
import { DatabaseSync } from "node:sqlite";
import { KeyValueStore, Sql } from "../../../../dist/index.js";
import { fromNodeSqlite } from "../../../../dist/sql/node-sqlite.js";
import { fromPg } from "../../../../dist/sql/pg.js";
import { pg } from "../../../js/clients/sql.mjs";
import { counted } from "../operations.mjs";

export async function counts({ postgres }) {
  const sqlite = hostCalls(fromNodeSqlite(new DatabaseSync(":memory:")), () => ({}));
  const pool = new pg.Pool({ connectionString: postgres, max: 1 });
  const client = await pool.connect();
  await client.query("DROP TABLE IF EXISTS effect_key_value_store");
  const sent = queriesOf(client);
  client.release();
  const found = { sqlite: await of(sqlite), pg: await of(hostCalls(fromPg(pool), sent)) };
  return Object.fromEntries(
    Object.keys(found.pg).map((operation) => [operation, { sqlite: found.sqlite[operation], pg: found.pg[operation] }]),
  );
}

const of = (counts) => counted(KeyValueStore.sql(Sql.make(counts.host)), counts);

/** Counts what a client of pg is asked for: it waits for one before it sends the next. */
function queriesOf(client) {
  let roundTrips = 0;
  const query = client.query;
  client.query = (...args) => {
    roundTrips += 1;
    return query.apply(client, args);
  };
  return () => {
    const found = { roundTrips };
    roundTrips = 0;
    return found;
  };
}

function hostCalls(host, sent) {
  let found;
  const begin = () => {
    found = { calls: 0, statements: 0 };
    sent();
  };
  const counting =
    (verb, statements) =>
    (...args) => {
      found.calls += 1;
      found.statements += statements(args);
      return verb(...args);
    };
  begin();
  return {
    host: {
      ...host,
      query: counting(host.query, () => 1),
      batch: counting(host.batch, ([statements]) => statements.length),
    },
    begin,
    end: () => ({ ...found, ...sent() }),
  };
}
