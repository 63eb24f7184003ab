import { checkFunction } from "../../arguments.ts";
import type { RedisArgument, RedisCommand, RedisHost } from "../redis.ts";
import { exactBytes, exactReply, nodeArguments, sideBySide } from "./replies.ts";
import { sharedSubscriptions } from "./subscriptions.ts";

/** What durastate needs of a client that `createClient` made. */
export interface NodeRedisClient {
  sendCommand(args: never, options?: never): Promise<unknown>;
  duplicate(): unknown;
}

/** What durastate needs of a pool that `createClientPool` made. */
export interface NodeRedisPool {
  sendCommand(args: never, options?: never): Promise<unknown>;
  execute(task: never): Promise<unknown>;
}

/** What durastate needs of a cluster that `createCluster` made. */
export interface NodeRedisCluster {
  sendCommand(firstKey: never, isReadonly: never, args: never, options?: never): Promise<unknown>;
  nodeClient(node: never): unknown;
  subscribe(channels: never, listener: never): Promise<unknown>;
  unsubscribe(channels: never, listener: never): Promise<unknown>;
}

/** The same with what they really take: the types of node-redis name more than an interface can. */
interface Client {
  sendCommand(args: RedisArgument[], options?: object): Promise<unknown>;
  duplicate(): Duplicate;
}

interface Pool {
  sendCommand(args: RedisArgument[], options?: object): Promise<unknown>;
  execute(task: (client: Client) => unknown): Promise<unknown>;
}

interface Cluster extends Subscriber {
  sendCommand(
    firstKey: RedisArgument | undefined,
    isReadonly: boolean,
    args: RedisArgument[],
    options?: object,
  ): Promise<unknown>;
  nodeClient(node: never): unknown;
}

type Listener = (message: string, channel: string) => void;

interface Subscriber {
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener): Promise<unknown>;
}

interface Duplicate extends Subscriber {
  on(event: "error", listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
}

/**
 * A host for `Redis.make` out of a client, a pool or a cluster of node-redis, which you have connected.
 *
 * Channels share one more connection, which is open as long as anything listens; a cluster has one of its own for that.
 */
export function fromNodeRedis(client: NodeRedisClient | NodeRedisPool | NodeRedisCluster): RedisHost {
  const sender = client as unknown as Client | Pool | Cluster;
  checkFunction("sendCommand of the client of fromNodeRedis", sender?.sendCommand);
  if ("getMasterNode" in client) {
    throw new TypeError("client of fromNodeRedis must be a client, a pool or a cluster, but is a sentinel");
  }
  // Before version 5 there is no choice of types.
  const exact = "withTypeMapping" in client ? { typeMapping: everyIntegerExact() } : undefined;
  const toText = exact ? exactReply : (reply: unknown) => reply;

  function send(by: typeof sender, command: RedisCommand): Promise<unknown> {
    const args = nodeArguments(command);
    if (!("nodeClient" in by)) return by.sendCommand(args, exact);
    return by.sendCommand(firstKey(args), false, args, exact);
  }

  // What is sent in one turn of the event loop, node-redis writes at once.
  async function sendAll(by: typeof sender, commands: RedisCommand[]): Promise<unknown[]> {
    return sideBySide(commands.map((command) => async () => toText(await send(by, command))));
  }

  return {
    cluster: "nodeClient" in sender,
    send: (...command) => send(sender, command).then(toText),
    ...(exact && { sendBytes: async (...command) => exactBytes(await send(sender, command)) }),
    pipeline: async (commands) => {
      // Each task of a pool has a connection of its own.
      if ("execute" in sender) return (await sender.execute((one) => sendAll(one, commands))) as unknown[];
      return sendAll(sender, commands);
    },
    subscribe: sharedSubscriptions(async (heard) => {
      if ("nodeClient" in sender) {
        return {
          join: (channel) => sender.subscribe(channel, heard),
          leave: (channel) => sender.unsubscribe(channel, heard),
        };
      }
      const subscriber =
        "execute" in sender ? ((await sender.execute((one) => one.duplicate())) as Duplicate) : sender.duplicate();
      try {
        await new Promise((resolve, reject) => {
          // Later it connects again by itself, and what is wrong with the server the user's own client tells.
          subscriber.on("error", reject);
          subscriber.connect().then(resolve, reject);
        });
      } catch (error) {
        subscriber.destroy();
        throw error;
      }
      return {
        join: (channel) => subscriber.subscribe(channel, heard),
        leave: async (channel, last) => (last ? subscriber.destroy() : subscriber.unsubscribe(channel, heard)),
      };
    }),
  };
}

/**
 * Text as bytes and integers as strings, whatever the user's own choice is: so the two can be told apart and no integer
 * is rounded.
 */
function everyIntegerExact(): object {
  const { Buffer } = globalThis as unknown as { Buffer: unknown };
  return { [SIGNS.integer]: String, [SIGNS.bulk]: Buffer, [SIGNS.status]: Buffer, [SIGNS.verbatim]: Buffer };
}

/** What a reply of each kind begins with: : $ + = */
const SIGNS = { integer: 58, bulk: 36, status: 43, verbatim: 61 };

const WITHOUT_KEY = new Set(
  (
    "ACL AUTH BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND CONFIG DBSIZE DISCARD ECHO EXEC FLUSHALL FLUSHDB FUNCTION " +
    "HELLO INFO KEYS LASTSAVE LATENCY MODULE MULTI PING PUBLISH PUBSUB RANDOMKEY ROLE SAVE SCAN SCRIPT SELECT " +
    "SHUTDOWN SLOWLOG SWAPDB TIME UNWATCH WAIT WAITAOF"
  ).split(" "),
);
const KEY_AFTER_ONE = new Set(
  "BITOP DEBUG LMPOP MEMORY OBJECT SINTERCARD XGROUP XINFO ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION".split(" "),
);
const KEY_AFTER_COUNT = new Set("EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO BLMPOP BZMPOP".split(" "));

/** By which a cluster finds the node that a command is for. */
function firstKey([command, ...args]: RedisArgument[]): RedisArgument | undefined {
  const name = String(command).toUpperCase();
  if (WITHOUT_KEY.has(name)) return undefined;
  if (KEY_AFTER_COUNT.has(name)) return Number(args[1]) > 0 ? args[2] : undefined;
  if (KEY_AFTER_ONE.has(name)) return args[1];
  if (name === "XREAD" || name === "XREADGROUP") {
    return args[args.findIndex((arg) => String(arg).toUpperCase() === "STREAMS") + 1];
  }
  return args[0];
}
