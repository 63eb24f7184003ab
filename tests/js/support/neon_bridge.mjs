// Speaks the HTTP protocol of Neon's SQL endpoint, as its serverless driver does, in front of a PostgreSQL: a POST of
// { query, params } or { queries: [...] } with the connection string in a header; values go and come as text.
import { createServer } from "node:http";
import { pg } from "../clients/sql.mjs";

const asText = { getTypeParser: () => (text) => text };
const FIELDS = ["severity", "code", "detail", "hint", "position", "where", "schema", "table", "column", "constraint"];
const ISOLATION = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
};

/** Starts it: `{ endpoint, requests, close() }`; `requests` counts them. */
export async function startNeonBridge() {
  const pools = new Map();
  const poolOf = (connectionString) => {
    if (!pools.has(connectionString)) {
      const pool = new pg.Pool({ connectionString, max: 10 });
      // what an idle connection says when the server goes; the next request gets a new one
      pool.on("error", () => {});
      pools.set(connectionString, pool);
    }
    return pools.get(connectionString);
  };
  const bridge = { requests: 0 };

  const server = createServer(async (request, response) => {
    bridge.requests += 1;
    const { headers } = request;
    const parts = await request.toArray();
    const send = (status, body) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    let client;
    try {
      client = await poolOf(headers["neon-connection-string"]).connect();
    } catch {
      return send(500, { message: "the database does not answer" });
    }
    client.on("error", () => {});
    const isRaw = ["neon-raw-text-output", "neon-array-mode"].every((name) => headers[name] === "true");
    try {
      if (!isRaw) throw new Error("only raw text and arrays are spoken here");
      const body = JSON.parse(Buffer.concat(parts).toString());
      send(200, body.queries ? { results: await together(client, body.queries, headers) } : await one(client, body));
    } catch (error) {
      const known = FIELDS.map((field) => [field, error[field]]).filter(([, value]) => value !== undefined);
      send(400, { message: error.message, ...Object.fromEntries(known) });
    } finally {
      client.removeAllListeners("error");
      client.release();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  bridge.endpoint = `http://127.0.0.1:${server.address().port}/sql`;
  bridge.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await Promise.all([...pools.values()].map((pool) => pool.end()));
  };
  return bridge;
}

async function one(client, { query, params }) {
  const result = await client.query({ text: query, values: params, types: asText, rowMode: "array" });
  const fields = result.fields.map(({ name, dataTypeID }) => ({ name, dataTypeID }));
  return { command: result.command, rowCount: result.rowCount, rows: result.rows, fields, rowAsArray: true };
}

async function together(client, queries, headers) {
  const isolation = ISOLATION[headers["neon-batch-isolation-level"]];
  const mode = [isolation && `ISOLATION LEVEL ${isolation}`, headers["neon-batch-read-only"] === "true" && "READ ONLY"];
  await client.query(`BEGIN ${mode.filter(Boolean).join(", ")}`);
  try {
    const results = [];
    for (const query of queries) results.push(await one(client, query));
    await client.query("COMMIT");
    return results;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
