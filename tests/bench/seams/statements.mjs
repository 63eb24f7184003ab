// What somebody writes who has the driver alone.

export const TABLE = "CREATE TABLE bare (id text PRIMARY KEY, value text NOT NULL)";

/** `parameter` names a parameter by its place, as the dialect does. */
export function statements(parameter) {
  const [first, second, third] = [1, 2, 3].map(parameter);
  return {
    select: `SELECT value FROM bare WHERE id = ${first}`,
    upsert: `INSERT INTO bare (id, value) VALUES (${first}, ${second})
      ON CONFLICT (id) DO UPDATE SET value = excluded.value`,
    update: `UPDATE bare SET value = ${first} WHERE id = ${second} AND value = ${third}`,
  };
}
