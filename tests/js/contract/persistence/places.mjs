// The places that Persistence and PersistedCache are tried on. Each is given as
//   process()                    { persistence, gate }: the place as one more process would open it
//   id(name)                     a store id that no other test has
//   raw(storeId, key)            the stored text of an exit
//   plant(storeId, key, text)    puts another text in the place of a stored one
import { gated } from "./gate.mjs";

let places = 0;

/** In this process alone; nothing of it can be seen from outside. */
export function memoryPlace({ Persistence }) {
  const persistence = Persistence.memory();
  const ids = named();
  return { process: () => ({ persistence }), id: ids };
}

/** In a Redis: `host` is a client's, `tagged` whether all keys of a store must lie in one slot of a cluster. */
export function redisPlace({ Persistence, Redis }, host, { tagged = false, prefix = "" } = {}) {
  const redis = Redis.make(host);
  const at = (storeId, key) => `${prefix}${namespace(storeId)}${key}`;
  const ids = named();
  return {
    process() {
      const { gate, host: behind } = gated(host);
      return { persistence: Persistence.redis(Redis.make(behind), { prefix }), gate };
    },
    id: (name) => (tagged ? `{${ids(name)}}` : ids(name)),
    raw: async (storeId, key) => (await redis.send("GET", at(storeId, key))) ?? undefined,
    plant: (storeId, key, text) => redis.send("SET", at(storeId, key), text),
  };
}

/** In the table of a database, or in a table for each store. */
export function sqlPlace({ Persistence, Sql }, host, { multiTable = false } = {}) {
  const sql = Sql.make(host);
  const ids = named();
  const quote = host.dialect === "mysql" ? "`" : '"';
  const where = (storeId, key, first) => {
    const params = multiTable ? [key] : [key, storeId];
    const mark = (at) => (host.dialect === "pg" ? `$${at + first}` : "?");
    const table = `${quote}effect_persistence${multiTable ? `_${storeId}` : ""}${quote}`;
    return { params, table, condition: `id = ${mark(0)}${multiTable ? "" : ` AND store_id = ${mark(1)}`}` };
  };
  return {
    process() {
      const { gate, host: behind } = gated(host);
      const made = Sql.make(behind);
      return { persistence: multiTable ? Persistence.sqlMultiTable(made) : Persistence.sql(made), gate };
    },
    id: ids,
    async raw(storeId, key) {
      const { params, table, condition } = where(storeId, key, 1);
      const { rows } = await sql.query(`SELECT value FROM ${table} WHERE ${condition}`, params);
      return rows[0]?.value;
    },
    async plant(storeId, key, text) {
      const { params, table, condition } = where(storeId, key, 2);
      const value = host.dialect === "pg" ? "$1" : "?";
      await sql.query(`UPDATE ${table} SET value = ${value} WHERE ${condition}`, [text, ...params]);
    },
  };
}

/** In a key-value store: `open` opens it over what it is given, which may be behind a gate. */
export function kvsPlace({ Persistence }, open, host) {
  const kv = open(host);
  const ids = named();
  const at = (storeId, key) => `${namespace(storeId)}${key}`;
  return {
    process() {
      if (host === undefined) return { persistence: Persistence.kvs(open()) };
      const { gate, host: behind } = gated(host);
      return { persistence: Persistence.kvs(open(behind)), gate };
    },
    id: ids,
    async raw(storeId, key) {
      const text = await kv.get(at(storeId, key));
      return text?.slice(1, text.lastIndexOf(","));
    },
    plant: (storeId, key, text) => kv.set(at(storeId, key), `[${text},null]`),
  };
}

function named() {
  const place = ++places;
  let stores = 0;
  return (name) => `${name}_${place}_${++stores}`;
}

function namespace(storeId) {
  return `${storeId.replaceAll("%", "%25").replaceAll(":", "%3A")}:`;
}
