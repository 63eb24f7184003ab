import { shown } from "../../../arguments.ts";
import type { OpenSocket, SocketTarget } from "./socket.ts";

/** What TLS needs to know, as the runtime's own TLS has it. */
export interface TlsOptions {
  /** The certificates, in PEM, of the authorities that are trusted instead of the runtime's own. */
  ca?: unknown;
  /** The name that the server's certificate must be for; the host otherwise. */
  servername?: string;
  /** What else the TLS of the runtime knows, as `cert`, `key`, `rejectUnauthorized`. */
  [option: string]: unknown;
}

/** How long is waited between attempts to connect again: the time doubles, and a random part of it is left out. */
export interface ReconnectOptions {
  /** The time before the first attempt, in milliseconds: 50. */
  minDelay?: number;
  /** The longest time between two attempts, in milliseconds: 2000. */
  maxDelay?: number;
  /** After how many failed attempts in a row the client is closed: never. */
  attempts?: number;
}

/** Where Redis is, and how to speak with it. */
export interface ConnectOptions {
  /** `redis://user:password@host:port/db`, or `rediss:` for TLS; what is also given by itself goes first. */
  url?: string;
  /** "127.0.0.1". */
  host?: string;
  /** 6379. */
  port?: number;
  username?: string;
  password?: string;
  /** The number of the database: 0. */
  db?: number;
  /** Whether to use TLS, or how. */
  tls?: boolean | TlsOptions;
  /** RESP2 or RESP3: 2. With 3 the channels need no connection of their own, and maps, doubles and booleans exist. */
  protocol?: 2 | 3;
  /** How long connecting may take, in milliseconds: 10000. */
  connectTimeout?: number;
  /** How long a command may wait for its reply, in milliseconds: for ever. */
  commandTimeout?: number;
  /** How many commands may wait for the connection: 10000. More are refused. */
  maxQueue?: number;
  /** How to connect again; false: a lost connection closes the client. */
  reconnect?: ReconnectOptions | false;
  /** Whether this is a Redis Cluster, of which the host is any one node. */
  cluster?: boolean;
  /** Opens a socket in the place of the runtime's own: a Unix socket, a tunnel. */
  socket?: OpenSocket;
}

/** The options, complete and checked. */
export interface Settings {
  readonly target: SocketTarget;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly protocol: 2 | 3;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly maxQueue: number;
  readonly reconnect: Required<ReconnectOptions> | undefined;
  readonly cluster: boolean;
  readonly socket: OpenSocket | undefined;
}

/** Checks the options of `connect` and fills in what they leave open. */
export function settingsOf(options: ConnectOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`the options of connect must be an object, but are ${kindOf(options)}`);
  }
  const given = { ...fromUrl(options.url), ...defined(options) };
  const { host = "127.0.0.1", port = 6379, username, password, db = 0, tls = false, protocol = 2 } = given;
  check("host", host, typeof host === "string" && host !== "", "a name or an address");
  checkInteger("port", port, 1, 65_535);
  checkInteger("db", db, 0, 2 ** 31);
  // neither is shown: it may be a secret that was put into the wrong place
  checkSecret("username", username);
  checkSecret("password", password);
  if (username !== undefined && password === undefined) {
    throw new TypeError("username of connect needs a password of connect");
  }
  check("tls", tls, typeof tls === "boolean" || (typeof tls === "object" && tls !== null), "a boolean or an object");
  if (protocol !== 2 && protocol !== 3)
    throw new RangeError(`protocol of connect must be 2 or 3, but is ${shown(protocol)}`);
  const { connectTimeout = 10_000, commandTimeout = Infinity, maxQueue = 10_000, cluster = false, socket } = given;
  checkTime("connectTimeout", connectTimeout);
  checkTime("commandTimeout", commandTimeout);
  if (maxQueue !== Infinity) checkInteger("maxQueue", maxQueue, 0, Number.MAX_SAFE_INTEGER);
  check("cluster", cluster, typeof cluster === "boolean", "a boolean");
  if (cluster && db !== 0) throw new RangeError(`db of connect must be 0 with cluster: true, but is ${db}`);
  check("socket", socket, socket === undefined || typeof socket === "function", "a function");
  const target: SocketTarget = { host, port, tls: tls === true ? {} : tls || undefined };
  const reconnect = reconnectOf(given.reconnect);
  return {
    target,
    username,
    password,
    db,
    protocol,
    connectTimeout,
    commandTimeout,
    maxQueue,
    reconnect,
    cluster,
    socket,
  };
}

function fromUrl(url: unknown): ConnectOptions {
  if (url === undefined) return {};
  // no message may show the url: it may hold a password
  if (typeof url !== "string") throw new TypeError(`url of connect must be a string, but is ${kindOf(url)}`);
  const parsed = parsedUrl(url);
  if (parsed?.protocol !== "redis:" && parsed?.protocol !== "rediss:") {
    throw new TypeError("url of connect must be redis://user:password@host:port/db, or the same with rediss:");
  }
  const options: ConnectOptions = {};
  if (parsed.hostname) options.host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (parsed.port) options.port = Number(parsed.port);
  if (parsed.password) options.password = decoded("password", parsed.password);
  if (parsed.username) options.username = decoded("username", parsed.username);
  const db = parsed.pathname.replace("/", "");
  if (db) options.db = Number(db);
  if (parsed.protocol === "rediss:") options.tls = true;
  return options;
}

function parsedUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`the ${part} in url of connect is not encoded as a part of a URL`);
  }
}

function reconnectOf(reconnect: ReconnectOptions | false = {}): Required<ReconnectOptions> | undefined {
  if (reconnect === false) return undefined;
  check("reconnect", reconnect, typeof reconnect === "object" && reconnect !== null, "an object or false");
  const { minDelay = 50, maxDelay = Math.max(2000, minDelay), attempts = Infinity } = reconnect;
  checkTime("reconnect.minDelay", minDelay);
  checkTime("reconnect.maxDelay", maxDelay);
  if (maxDelay < minDelay)
    throw new RangeError(`reconnect.maxDelay of connect must be ${minDelay} or more, but is ${maxDelay}`);
  if (attempts !== Infinity) checkInteger("reconnect.attempts", attempts, 1, Number.MAX_SAFE_INTEGER);
  return { minDelay, maxDelay, attempts };
}

function defined(options: ConnectOptions): ConnectOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function check(name: string, value: unknown, right: boolean, what: string): void {
  if (!right) throw new TypeError(`${name} of connect must be ${what}, but is ${shown(value)}`);
}

function checkSecret(name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new TypeError(`${name} of connect must be a string, but is ${kindOf(value)}`);
}

function checkInteger(name: string, value: unknown, from: number, to: number): void {
  if (typeof value !== "number") throw new TypeError(`${name} of connect must be a number, but is ${shown(value)}`);
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new RangeError(`${name} of connect must be an integer from ${from} to ${to}, but is ${value}`);
}

function checkTime(name: string, value: unknown): void {
  if (typeof value !== "number") throw new TypeError(`${name} of connect must be a number, but is ${shown(value)}`);
  if (!(value > 0)) throw new RangeError(`${name} of connect must be more than 0 milliseconds, but is ${value}`);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : `a value of type ${typeof value}`;
}
