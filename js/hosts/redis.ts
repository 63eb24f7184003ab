import { checkFunction, shown } from "../arguments.ts";
import { RedisError } from "../errors.ts";
import { defaultScope } from "../scope.ts";
import { type Awaitable, isBytes } from "./store.ts";

/** What a command takes beside its name. */
export type RedisArgument = string | Uint8Array;

/** A command with its arguments. */
export type RedisCommand = [command: string, ...args: RedisArgument[]];

/** A Redis client, reduced to what durastate needs of it: one function. */
export interface RedisHost {
  /** Whether this is a cluster: then keys that are listed together need a hash tag. */
  readonly cluster?: boolean;
  /** Sends one command and gives its reply: text for bulk replies, null for none, arrays for several. */
  send(command: string, ...args: RedisArgument[]): Awaitable<unknown>;
  /** The same, with bulk replies as bytes. */
  sendBytes?(command: string, ...args: RedisArgument[]): Awaitable<unknown>;
  /**
   * Sends several commands in one round trip and gives a reply for each, in order: an `Error` in the place of one that
   * failed. It rejects only where nothing is known of any.
   */
  pipeline?(commands: RedisCommand[]): Awaitable<unknown[]>;
  /** Listens to a channel; the function it gives ends that. */
  subscribe?(channel: string, onMessage: (message: string) => void): Awaitable<() => Awaitable<unknown>>;
}

/** A Lua script, and how the parameters of a call become its keys and arguments. */
export interface RedisScript<Params extends unknown[], Reply> {
  readonly lua: string;
  /** The same script, with replies of this type. */
  withReturnType<Typed>(): RedisScript<Params, Typed>;
  /** The keys and arguments of a call, and how many of them are keys. */
  call(params: Params): { keys: number; args: RedisArgument[] };
  /** What the script replies; there is no value here, only a type. */
  readonly reply?: Reply;
}

/** The source of a script, and how many of its parameters are keys. */
export interface RedisScriptOptions<Params extends unknown[]> {
  lua: string;
  numberOfKeys: number | ((...params: Params) => number);
}

/** What commands gave: their replies, and beside each the words of Redis where it is the error of one that failed. */
type Carried = [replies: unknown[], words: Array<string | undefined>];

/** A Redis that the host is connected to. */
export class Redis {
  /**
   * The host's own functions.
   * @internal
   */
  readonly host: RedisHost;
  readonly #loaded = new WeakMap<object, string | Promise<string>>();

  private constructor(host: RedisHost) {
    this.host = host;
  }

  /** A Redis behind the functions of a client. An adapter makes them of the client that you have. */
  static make(host: RedisHost): Redis {
    if (typeof host !== "object" || host === null) {
      throw new TypeError(`the host of Redis.make must be an object, but is ${shown(host)}`);
    }
    checkFunction("send of Redis.make", host.send);
    for (const name of ["sendBytes", "pipeline", "subscribe"] as const) {
      if (host[name] !== undefined) checkFunction(`${name} of Redis.make`, host[name]);
    }
    return new Redis(host);
  }

  /** A Lua script. `f` makes its keys, and then its arguments, of the parameters of a call. */
  static script<Params extends unknown[]>(
    f: (...params: Params) => unknown[],
    options: RedisScriptOptions<Params>,
  ): RedisScript<Params, unknown> {
    checkFunction("f of Redis.script", f);
    const { lua, numberOfKeys } = options;
    if (typeof lua !== "string") throw new TypeError(`lua of Redis.script must be a string, but is ${shown(lua)}`);
    const script: RedisScript<Params, unknown> = {
      lua,
      withReturnType: <Typed>() => script as RedisScript<Params, Typed>,
      call: (params) => {
        const args = f(...params).map(asArgument);
        const keys = typeof numberOfKeys === "function" ? numberOfKeys(...params) : numberOfKeys;
        if (Number.isInteger(keys) && keys >= 0 && keys <= args.length) return { keys, args };
        throw new RangeError(`numberOfKeys of Redis.script must be 0 to ${args.length} here, but is ${shown(keys)}`);
      },
    };
    script.call = script.call.bind(script);
    return script;
  }

  /** Sends one command and gives its reply. */
  send<Reply = unknown>(command: string, ...args: RedisArgument[]): Promise<Reply> {
    return this.#send("send", command, args) as Promise<Reply>;
  }

  /** The same with bulk replies as bytes, where the client can give them. */
  async sendBytes<Reply = unknown>(command: string, ...args: RedisArgument[]): Promise<Reply> {
    if (!this.host.sendBytes) {
      throw new RedisError({ message: "this client gives text alone: its host has no sendBytes" });
    }
    return (await this.#send("sendBytes", command, args)) as Reply;
  }

  /** Runs a script: by its hash once it is loaded, and by its source where the server has forgotten it. */
  eval<Params extends unknown[], Reply>(script: RedisScript<Params, Reply>): (...params: Params) => Promise<Reply> {
    return async (...params) => {
      const { keys, args } = script.call(params);
      const rest = [String(keys), ...args];
      const hash = await this.#hash(script);
      try {
        return await this.send<Reply>("EVALSHA", hash, ...rest);
      } catch (error) {
        if (!isForgotten(error)) throw error;
        return await this.send<Reply>("EVAL", script.lua, ...rest);
      }
    };
  }

  /**
   * Whether commands of one turn of the event loop leave together (`Seam`).
   * @internal
   */
  get together(): boolean {
    return this.host.pipeline !== undefined;
  }

  /**
   * Whether a command without a key goes to any one of several nodes.
   * @internal
   */
  get cluster(): boolean {
    return this.host.cluster === true;
  }

  /**
   * Carries out what durastate itself asks for: each list of commands gets a list of replies.
   * @internal
   */
  carryOut(asked: RedisCommand[][]): Awaitable<Carried[]> {
    const commands = asked.flat();
    const replies = this.#replies(commands);
    const shared = (replies: unknown[]) => {
      if (!Array.isArray(replies) || replies.length !== commands.length) {
        throw new RedisError({ message: "the client's pipeline did not give a reply for each command" });
      }
      let from = 0;
      return asked.map(({ length }) => {
        from += length;
        return carried(replies.slice(from - length, from), commands.slice(from - length, from));
      });
    };
    return replies instanceof Promise ? replies.then(shared) : shared(replies);
  }

  #replies(commands: RedisCommand[]): Awaitable<unknown[]> {
    if (commands.length > 1 && this.host.pipeline) {
      try {
        const replies = this.host.pipeline(commands);
        return replies instanceof Promise ? replies.catch((cause) => failAll(commands, cause)) : replies;
      } catch (cause) {
        return failAll(commands, cause);
      }
    }
    return Promise.all(commands.map((command) => settled(() => this.host.send(...command))));
  }

  async #send(verb: "send" | "sendBytes", command: string, args: RedisArgument[]): Promise<unknown> {
    if (typeof command !== "string" || command === "") {
      throw new TypeError(`command of Redis.${verb} must be the name of a command, but is ${shown(command)}`);
    }
    try {
      return await this.host[verb]?.(command, ...asArguments(args));
    } catch (cause) {
      throw redisError(command, cause);
    }
  }

  /** The hash of a script that the server has been given. Those who need it at the same time load it once. */
  #hash(script: { lua: string }): string | Promise<string> {
    const known = this.#loaded.get(script);
    if (known !== undefined) return known;
    const loading = this.send("SCRIPT", "LOAD", script.lua).then(
      (reply) => {
        const hash = String(reply);
        this.#loaded.set(script, hash);
        return hash;
      },
      (error) => {
        this.#loaded.delete(script);
        throw error;
      },
    );
    // In workerd one request must not wait for what another one sent.
    if (defaultScope().shared) this.#loaded.set(script, loading);
    return loading;
  }
}

/** The reply, or the error in its place. */
async function settled(send: () => Awaitable<unknown>): Promise<unknown> {
  try {
    return await send();
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new RedisError({ message: "Redis failed", cause: thrown });
  }
}

/** Nothing is known of any: each may have been carried out. */
function failAll(commands: RedisCommand[], cause: unknown): unknown[] {
  return commands.map(([name]) => redisError(name, cause));
}

function carried(replies: unknown[], commands: RedisCommand[]): Carried {
  const told = replies.map((reply, i) => (reply instanceof Error ? redisError(commands[i]?.[0] ?? "", reply) : reply));
  return [told, told.map((reply) => (reply instanceof RedisError ? textOf(reply.cause ?? reply) : undefined))];
}

function isArgument(value: unknown): value is RedisArgument {
  return typeof value === "string" || isBytes(value);
}

/** Nothing is made anew where all are arguments already. */
function asArguments(args: unknown[]): RedisArgument[] {
  return args.every(isArgument) ? args : args.map(asArgument);
}

/** What is neither text nor bytes as Redis is given it: as text. */
function asArgument(value: unknown): RedisArgument {
  return isArgument(value) ? value : String(value);
}

/** What a host threw, as the error of this seam. Only the code of Redis's own error is shown: the rest may hold data. */
function redisError(command: string, cause: unknown): RedisError {
  if (cause instanceof RedisError) return cause;
  const code =
    /^(?:\w*Error: )?-?([A-Z][A-Z]+)\b/.exec(textOf(cause))?.[1] ?? (cause instanceof Error ? cause.name : "");
  return new RedisError({ message: `Redis failed at ${command}${code && ` (${code})`}`, cause });
}

function isForgotten(error: unknown): boolean {
  return error instanceof RedisError && textOf(error.cause).includes("NOSCRIPT");
}

/** What the host's error says; it may be of another realm, or no error at all. */
function textOf(cause: unknown): string {
  const { message } = Object(cause) as { message?: unknown };
  return typeof message === "string" ? message : String(cause);
}
