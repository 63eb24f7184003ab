import type { RedisArgument } from "../../redis.ts";
import { type Command, issue, type Taker } from "./command.ts";
import { Connection } from "./connection.ts";
import { ConnectionError, type ReplyError } from "./errors.ts";
import type { Settings } from "./options.ts";
import { SLOTS, slotOf } from "./slots.ts";
import type { SocketTarget } from "./socket.ts";
import { Pause, within } from "./time.ts";

/** How often a command is sent on before its refusal is given to the caller. */
const MOST_HOPS = 5;
/** How long is waited, times the hops, where keys of one command are on two nodes while their slot moves. */
const TRY_AGAIN = 50;

/** The nodes of a Redis Cluster, each connected to when a command is for it. */
export class Cluster implements Taker {
  readonly #settings: Settings;
  /** The node that the user named. */
  readonly #seed: Connection;
  readonly #nodes: Map<string, Connection> = new Map();
  readonly #targets: Map<Connection, SocketTarget> = new Map();
  /** The address of the node that has a slot. */
  #slots: string[] = [];
  #learning: Promise<void> | undefined;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#seed = this.#connection(settings.target);
  }

  /** Connects to the node that the user named and learns of the others. */
  async start(): Promise<void> {
    await this.#seed.start();
    try {
      this.#apply(await this.#ask(this.#seed), this.#settings.target.host);
    } catch (error) {
      await this.close();
      const why = error instanceof Error ? `: ${error.message}` : "";
      throw new ConnectionError(`the server does not say who is in its cluster${why}`, { cause: error });
    }
  }

  take(command: Command, parts: RedisArgument[]): void {
    command.slot = slotOf(parts);
    this.#route(command);
  }

  /** Where one may listen: every node tells what is published at any of them. Each call gives the next one. */
  *targets(): Generator<SocketTarget, never> {
    for (;;) {
      yield this.#settings.target;
      for (const address of new Set(this.#slots)) yield this.#target(address);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#targets.keys()].map((connection) => connection.close()));
  }

  #route(command: Command): void {
    if (command.done) return;
    const address = command.slot < 0 ? undefined : this.#slots[command.slot];
    (address === undefined ? this.#any() : this.#node(address)).take(command);
  }

  #any(): Connection {
    if (this.#seed.ready) return this.#seed;
    const connections = [...this.#nodes.values()];
    return connections.find(({ ready }) => ready) ?? connections.find(({ over }) => !over) ?? this.#seed;
  }

  #node(address: string): Connection {
    const known = this.#nodes.get(address);
    if (known && (!known.over || this.#closed)) return known;
    if (this.#closed) return this.#seed;
    const target = this.#target(address);
    const { host, port } = this.#settings.target;
    const isSeed = target.host === host && target.port === port && !this.#seed.over;
    const connection = isSeed ? this.#seed : this.#connection(target);
    this.#nodes.set(address, connection);
    if (!isSeed) connection.startLater();
    return connection;
  }

  #target(address: string): SocketTarget {
    const colon = address.lastIndexOf(":");
    return { ...this.#settings.target, host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  }

  #connection(target: SocketTarget): Connection {
    const connection = new Connection(this.#settings, {
      target: () => target,
      refused: (command, error) => this.#refused(command, error, target),
      lost: (lost) => {
        if (lost.over && lost !== this.#seed) this.#targets.delete(lost);
        this.#learn();
      },
    });
    this.#targets.set(connection, target);
    return connection;
  }

  /** Takes over a command that a node refused because it is for another one: it was not carried out. */
  #refused(command: Command, error: ReplyError, from: SocketTarget): boolean {
    const redirected = /^(MOVED|ASK) (\d+) (\S*):(\d+)/.exec(error.message);
    if (!redirected && !error.message.startsWith("TRYAGAIN")) return false;
    if (command.hops >= MOST_HOPS || this.#closed) return false;
    command.hops += 1;
    command.sent = false;
    if (!redirected) {
      void new Pause(TRY_AGAIN * command.hops).over.then(() => this.#route(command));
      return true;
    }
    const [, kind, slot, host, port] = redirected;
    // without a host it is another port of the node that says so
    const address = `${host || from.host}:${port}`;
    if (kind === "MOVED") {
      this.#slots[Number(slot)] = address;
      this.#learn();
    }
    command.asking = kind === "ASK";
    this.#node(address).take(command);
    return true;
  }

  /** Learns anew which node has which slot, from any node that answers. */
  #learn(): void {
    if (this.#closed) return;
    this.#learning ??= this.#learnNow().finally(() => {
      this.#learning = undefined;
    });
  }

  async #learnNow(): Promise<void> {
    for (const [connection, { host }] of [...this.#targets]) {
      if (!connection.ready) continue;
      try {
        return this.#apply(await this.#ask(connection), host);
      } catch {
        // the next one may know
      }
    }
  }

  #ask(connection: Connection): Promise<unknown> {
    const { connectTimeout } = this.#settings;
    return within(connectTimeout, issue(connection, ["CLUSTER", "SLOTS"], false), () => {
      return new Error(`CLUSTER SLOTS took more than ${connectTimeout} ms`);
    });
  }

  #apply(reply: unknown, asked: string): void {
    this.#slots = slotsOf(reply, asked);
    const used = new Set(this.#slots);
    for (const [address, connection] of [...this.#nodes]) {
      if (connection.ready && used.has(address)) continue;
      if (!used.has(address)) this.#leave(address, connection);
      for (const command of connection.giveBack()) this.#back(command);
    }
    if (!this.#seed.ready) for (const command of this.#seed.giveBack()) this.#back(command);
  }

  #back(command: Command): void {
    command.asking = false;
    this.#route(command);
  }

  /** A node that has no slots any more still answers what it was sent. */
  #leave(address: string, connection: Connection): void {
    this.#nodes.delete(address);
    if (connection === this.#seed) return;
    for (const command of connection.giveBack()) this.#back(command);
    this.#targets.delete(connection);
    void connection.close();
  }
}

/** Which node has which slot, of the reply to CLUSTER SLOTS. `asked` is the host of the node that replied. */
function slotsOf(reply: unknown, asked: string): string[] {
  const slots: string[] = new Array<string>(SLOTS);
  for (const range of Array.isArray(reply) ? reply : []) {
    const [from, to, master] = range as [number, number, [string | null, number]];
    const [host, port] = master;
    slots.fill(`${host && host !== "?" ? host : asked}:${port}`, from, to + 1);
  }
  return slots;
}
