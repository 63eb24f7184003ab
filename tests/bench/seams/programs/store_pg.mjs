import { KeyValueStore, Sql } from "../../../../dist/index.js";
import { fromPg } from "../../../../dist/sql/pg.js";
import { pg } from "../../../js/clients/sql.mjs";
import { stored } from "../loops.mjs";
import { statements, TABLE } from "../statements.mjs";

export async function contenders({ postgres }) {
  const pool = new pg.Pool({ connectionString: postgres });
  await pool.query(`DROP TABLE IF EXISTS bare; DROP TABLE IF EXISTS effect_key_value_store; ${TABLE}`);
  return {
    durastate: await stored(KeyValueStore.sql(Sql.make(fromPg(pool)))),
    bare: await stored(bare(pool)),
  };
}

function bare(pool) {
  const { select, upsert, update } = statements((place) => `$${place}`);
  const get = async (key) => (await pool.query(select, [key])).rows[0]?.value;
  return {
    get,
    set: (key, value) => pool.query(upsert, [key, value]),
    async modify(key, change) {
      const found = await get(key);
      if (found !== undefined) await pool.query(update, [change(found), key, found]);
    },
  };
}
