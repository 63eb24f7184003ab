// Effect's own key-value stores, with promises in the place of effects.
import {
  Effect,
  EffectKeyValueStore,
  EffectSqlError,
  Layer,
  ManagedRuntime,
  NodeFileSystem,
  NodePath,
  PgClient,
  Reactivity,
  Redacted,
  Schema,
  SqlClient,
  Statement,
  Stream,
  UnknownError,
} from "../../clients/effect.mjs";

/** Effect's store in a table of a database that better-sqlite3 has opened. */
export function sqliteStore(db, options) {
  return sqlStore(sqliteClient(db), options);
}

/** Effect's client for a database that better-sqlite3 has opened. */
export function sqliteClient(db) {
  const rows = async (sql, params) => {
    const statement = db.prepare(sql);
    if (statement.reader) return statement.all(...params);
    statement.run(...params);
    return [];
  };
  return sqlClient({ rows, compiler: Statement.makeCompilerSqlite(), driver: "better-sqlite3" });
}

/** Effect's store in a table of a MySQL or MariaDB, over a pool of mysql2. */
export function mysqlStore(pool, options) {
  return sqlStore(mysqlClient(pool), options);
}

/** Effect's client for a MySQL or MariaDB, over a pool of mysql2. */
export function mysqlClient(pool) {
  const rows = async (sql, params) => {
    const [found] = await pool.query(sql, params.map(asBuffer));
    return Array.isArray(found) ? found : [];
  };
  const nothing = () => ["", []];
  const compiler = Statement.makeCompiler({
    dialect: "mysql",
    placeholder: () => "?",
    onIdentifier: Statement.defaultEscape("`"),
    onRecordUpdate: nothing,
    onCustom: nothing,
  });
  return sqlClient({ rows, compiler, driver: "mysql2" });
}

/** Effect's store in a table of a PostgreSQL. */
export function postgresStore(url, options) {
  return sqlStore(postgresClient(url), options);
}

/** Effect's client for a PostgreSQL. */
export function postgresClient(url) {
  return PgClient.layer({ url: Redacted.make(url), maxConnections: 2 });
}

/** Effect's store over an object with the methods of a Web Storage. */
export function storageStore(storage) {
  return opened(EffectKeyValueStore.layerStorage(() => storage));
}

/** Effect's store in a directory. */
export function fileSystemStore(directory) {
  return opened(fileSystemLayer(directory));
}

/** The layer of Effect's store in a directory. */
export function fileSystemLayer(directory) {
  const files = Layer.merge(NodeFileSystem.layer, NodePath.layer);
  return EffectKeyValueStore.layerFileSystem(directory).pipe(Layer.provide(files));
}

async function opened(layer) {
  const runtime = ManagedRuntime.make(layer);
  const store = await runtime.runPromise(EffectKeyValueStore.KeyValueStore);
  return { ...promised(store, runtime), close: () => runtime.dispose() };
}

function promised(store, runtime) {
  const run = (effect) => runtime.runPromise(effect);
  return {
    get: (key) => run(store.get(key)),
    getUint8Array: async (key) => {
      const bytes = await run(store.getUint8Array(key));
      return bytes && Uint8Array.from(bytes);
    },
    set: (key, value) => run(store.set(key, value)).then(() => undefined),
    remove: (key) => run(store.remove(key)).then(() => undefined),
    has: (key) => run(store.has(key)),
    keys: () => run(store.keys),
    size: () => run(store.size),
    isEmpty: () => run(store.isEmpty),
    clear: () => run(store.clear),
    clearPrefix: (prefix) => run(store.clearPrefix(prefix)),
    modify: (key, change) => run(store.modify(key, change)),
    modifyUint8Array: (key, change) => run(store.modifyUint8Array(key, change)),
    prefix: (prefix) => promised(EffectKeyValueStore.prefix(store, prefix), runtime),
    /** A view of JSON values, as `json()` of durastate is one. */
    json: () => {
      const values = EffectKeyValueStore.toSchemaStore(store, Schema.Json);
      return {
        get: (key) => run(values.get(key)).then((found) => (found._tag === "Some" ? found.value : undefined)),
        set: (key, value) => run(values.set(key, value)).then(() => undefined),
      };
    },
  };
}

/** mysql2 would send other bytes than those of a Buffer as an object. */
const asBuffer = (param) => (param instanceof Uint8Array ? Buffer.from(param) : param);

function sqlStore(client, options) {
  return opened(EffectKeyValueStore.layerSql(options).pipe(Layer.provide(client)));
}

/**
 * A client of Effect that is made of one function: for this version of Effect there is none in the registry for these
 * databases.
 */
function sqlClient({ rows, compiler, driver }) {
  const attempt = (run) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) =>
        new EffectSqlError({ reason: new UnknownError({ cause, message: "it failed", operation: "execute" }) }),
    });
  const execute = (sql, params, transform) =>
    attempt(async () => {
      const found = await rows(sql, params);
      return transform ? transform(found) : found;
    });
  const executeValues = (sql, params) =>
    attempt(async () => (await rows(sql, params)).map((row) => Object.values(row)));
  const connection = {
    execute,
    executeUnprepared: execute,
    executeRaw: (sql, params) => attempt(() => rows(sql, params)),
    executeValues,
    executeValuesUnprepared: executeValues,
    executeStream: () => Stream.die("no test streams"),
  };
  const made = SqlClient.make({ acquirer: Effect.succeed(connection), compiler, driver, spanAttributes: [] });
  return Layer.effect(SqlClient.SqlClient)(made).pipe(Layer.provide(Reactivity.layer));
}
