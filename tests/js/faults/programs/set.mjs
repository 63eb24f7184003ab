// Another process: stores a text in the store of a Redis.
import { KeyValueStore, Redis } from "durastate";
import { connect } from "durastate/redis/tcp";

const [port, prefix, key, text] = process.argv.slice(2);
const client = await connect({ port: Number(port) });
// The news leaves before the connection does.
await KeyValueStore.redis(Redis.make(client), { prefix }).set(key, text);
await client.close();
