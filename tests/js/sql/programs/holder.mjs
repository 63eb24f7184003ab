// Holds a SQLite file for a moment: who waits for it stands still, and can not tell it when to let go.
import { BetterSqlite3 } from "../../clients/sql.mjs";

const db = new BetterSqlite3(process.argv[2]);
db.exec("BEGIN IMMEDIATE");
db.exec("INSERT INTO held VALUES (1)");
console.log("held");
setTimeout(() => {
  db.exec("COMMIT");
  db.close();
}, 300);
