// What is tested inside of workerd, so that both sides know the same names.
import { sqlSuite } from "../../contract/sql_seam.mjs";
import { equal, throws } from "../../support/assert.mjs";

// workerd itself gives integers as numbers, whatever their size
const traits = { bigIntegers: false, keyValue: { room: 2_000_000 } };

/** On a D1 database. */
export function d1Tests({ test, durastate, from, client }) {
  const opened = () => durastate.Sql.make(from(client));
  sqlSuite({ test, durastate, open: opened, traits });

  test("a session of the database does as well", async () => {
    const { query, batch } = from(client.withSession());
    equal((await query("SELECT CAST(? AS INTEGER) AS one", [1n])).rows, [{ one: 1 }]);
    equal((await batch([["SELECT 1 AS one", []]]))[0].rows, [{ one: 1 }]);
  });

  refuses(test, from, /^db\.prepare of fromD1 must be/);
}

/** On the storage of a Durable Object. */
export function durableObjectTests({ test, durastate, from, client }) {
  const opened = () => durastate.Sql.make(from(client));
  sqlSuite({ test, durastate, open: opened, traits: { ...traits, isImmediate: true, affected: false } });

  test("a batch within a transaction of the user's is a part of it", () => {
    const { query, batch } = from(client);
    query("CREATE TABLE within (number INTEGER PRIMARY KEY)", []);
    const put = (number) => [`INSERT INTO within (number) VALUES (${number})`, []];
    const numbers = () => query("SELECT number FROM within ORDER BY number", []).rows.map(({ number }) => number);
    const undo = new Error("undo");
    const undone = throws(() => {
      client.transactionSync(() => {
        query(...put(1));
        batch([put(2), put(3)]);
        equal(numbers(), [1, 2, 3]);
        throw undo;
      });
    }, Error);
    equal(undone === undo, true);
    equal(numbers(), []);
    client.transactionSync(() => {
      query(...put(1));
      throws(() => batch([put(2), put(1)]), Error);
      batch([put(3)]);
    });
    equal(numbers(), [1, 3]);
  });

  refuses(test, from, /^storage\.sql\.exec of fromDurableObject must be/);
}

function refuses(test, from, message) {
  test("what is no database is refused", () => {
    for (const bad of [undefined, null, {}, "DB"]) throws(() => from(bad), TypeError, { message });
  });
}
