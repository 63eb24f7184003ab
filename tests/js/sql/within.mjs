// What holds when the client that an adapter is given is in a transaction of the user's: everything becomes a part of it.
//   within(body)   runs `body(client, end)` in a transaction; `end("COMMIT")` or `end("ROLLBACK")` is how it shall end
//   from(client)   the adapter
//   host           another connection, to see what stays
import { equal, rejects } from "../support/assert.mjs";

let tables = 0;

export function withinTransactions({ test, within, from, host }) {
  const prepare = async () => {
    tables += 1;
    const name = `within_${process.pid}_${tables}`;
    await host().query(`CREATE TABLE ${name} (number INTEGER PRIMARY KEY)`, []);
    const put = (number) => [`INSERT INTO ${name} (number) VALUES (${number})`, []];
    const numbers = async (on = host()) => {
      const { rows } = await on.query(`SELECT number FROM ${name} ORDER BY number`, []);
      return rows.map(({ number }) => number);
    };
    return { put, numbers };
  };

  test("a batch within a transaction of the user's goes when that is rolled back", async () => {
    const { put, numbers } = await prepare();
    await within("ROLLBACK", async (client) => {
      const inside = from(client);
      await inside.query(...put(1));
      await inside.batch([put(2), put(3)]);
      equal(await numbers(inside), [1, 2, 3]);
    });
    equal(await numbers(), []);
  });

  test("a batch that fails within a transaction of the user's undoes itself alone", async () => {
    const { put, numbers } = await prepare();
    await within("COMMIT", async (client) => {
      const inside = from(client);
      await inside.query(...put(1));
      await rejects(inside.batch([put(2), put(1)]), Error);
      await inside.batch([put(3), put(4)]);
    });
    equal(await numbers(), [1, 3, 4]);
  });

  test("batches at once within a transaction of the user's do not mix", async () => {
    const { put, numbers } = await prepare();
    await within("COMMIT", async (client) => {
      const inside = from(client);
      const again = from(client);
      const outcomes = await Promise.allSettled([
        inside.batch([put(1), put(1)]),
        again.query(...put(2)),
        again.batch([put(3), put(4)]),
        inside.query(...put(5)),
        inside.batch([put(6), put(6)]),
        again.query(...put(7)),
      ]);
      equal(
        outcomes.map(({ status }) => status),
        ["rejected", "fulfilled", "fulfilled", "fulfilled", "rejected", "fulfilled"],
      );
    });
    equal(await numbers(), [2, 3, 4, 5, 7]);
  });
}
