import assert from "node:assert/strict";

/** Tries again, with a pause after each time, until the attempt does not fail; after 20 seconds with its error. */
export async function eventually(attempt) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Resolves when one client of the server waits inside of a blocking command. */
export function blocked(admin) {
  return eventually(async () => assert.match(await admin.send("INFO", "clients"), /blocked_clients:1\r/));
}
