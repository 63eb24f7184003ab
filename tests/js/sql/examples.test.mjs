// The examples of the guide that need a database server.
import { after, before, test } from "node:test";
import { runExample } from "../support/examples.mjs";
import { startPostgres } from "../support/postgres_server.mjs";

let server;
before(async () => {
  server = await startPostgres();
});
after(() => server.stop());

test("pg", () => runExample("postgres.mjs", { POSTGRES_URL: server.url }));
