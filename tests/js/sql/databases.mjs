// The databases that results are kept in, each with the one client that is tried most.
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";
import { BetterSqlite3, mysql, pg } from "../clients/sql.mjs";
import { startMariadb } from "../support/mariadb_server.mjs";
import { startPostgres } from "../support/postgres_server.mjs";

/** `open()` gives `{ host, close }`; `refuses` matches the keys that the database can not hold. */
export const databases = {
  "SQLite through better-sqlite3": {
    open() {
      const db = new BetterSqlite3(":memory:");
      return { host: fromBetterSqlite3(db), close: () => db.close() };
    },
    refuses: /^$/,
  },
  "PostgreSQL through pg": {
    async open() {
      const server = await startPostgres();
      const pool = new pg.Pool({ connectionString: server.url, max: 4 });
      // Connections that are still about to end when the server does.
      pool.on("error", () => undefined);
      const close = async () => {
        await pool.end();
        await server.stop();
      };
      return { host: fromPg(pool), close };
    },
    refuses: /\0/,
  },
  "MariaDB through mysql2": {
    async open() {
      const server = await startMariadb();
      const { host, port, user, password, database } = server;
      const pool = mysql.createPool({ host, port, user, password, database, connectionLimit: 4 });
      const close = async () => {
        await pool.end();
        await server.stop();
      };
      return { host: fromMysql2(pool), close };
    },
    refuses: / $/,
  },
};
