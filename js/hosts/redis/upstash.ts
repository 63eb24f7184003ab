import { checkFunction, checkString } from "../../arguments.ts";
import type { RedisArgument, RedisCommand, RedisHost } from "../redis.ts";
import { integer, mapReply, sideBySide } from "./replies.ts";

/** A request as this adapter makes it. */
export interface UpstashRequest {
  method: string;
  headers: Record<string, string>;
  body: string;
  redirect: "manual";
}

/** What the adapter needs of a response. */
export interface UpstashResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** Where an Upstash database is, and what lets one in. */
export interface UpstashOptions {
  /** The address of its REST API. */
  url: string;
  token: string;
  /** Another `fetch` than that of the runtime: one with a time limit, say. */
  fetch?(url: string, request: UpstashRequest): Promise<UpstashResponse>;
}

/** What Upstash answered, or why it did not. */
export class UpstashError extends Error {
  static override readonly name: string = "UpstashError";

  override get name(): string {
    return UpstashError.name;
  }
}

type Outcome = { result?: unknown; error?: unknown };

/**
 * A host for `Redis.make` out of an Upstash database, over its REST API.
 *
 * The API takes text alone: bytes that are not UTF-8 are refused. It has no `subscribe` here.
 */
export function fromUpstash(options: UpstashOptions): RedisHost {
  const { url, token, fetch: given }: Partial<UpstashOptions> = options ?? {};
  checkString("token of fromUpstash", token);
  const address = addressOf(url);
  if (given !== undefined) checkFunction("fetch of fromUpstash", given);
  // Looked up at each call and called without a receiver, as workerd wants it.
  const fetch = given ?? ((url: string, request: UpstashRequest) => globalThis.fetch(url, request));
  // Where reads go to replicas, this tells how new the data must be that they answer from.
  let syncToken = "";

  async function ask(path: string, body: unknown): Promise<unknown> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      // Else text that is not UTF-8 would not come back as it was.
      "upstash-encoding": "base64",
    };
    if (syncToken) headers["upstash-sync-token"] = syncToken;
    const request: UpstashRequest = { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" };
    let response: UpstashResponse;
    let text: string;
    try {
      response = await fetch(`${address}${path}`, request);
      text = await response.text();
    } catch (cause) {
      throw new UpstashError("the Upstash REST API was not reached", { cause });
    }
    const answer = parsed(text);
    if (!response.ok) {
      const { error } = (answer ?? {}) as Outcome;
      throw new UpstashError(typeof error === "string" ? error : `Upstash answered with status ${response.status}`);
    }
    if (answer === undefined) throw new UpstashError("Upstash answered with something that is not JSON");
    syncToken = response.headers.get("upstash-sync-token") ?? syncToken;
    return answer;
  }

  async function send(command: RedisCommand, leaf: (value: unknown) => unknown): Promise<unknown> {
    return resultOf(await ask("", command.map(textOf)), leaf);
  }

  return {
    send: (...command) => send(command, text),
    sendBytes: (...command) => send(command, bytes),
    pipeline: async (commands) => {
      const answers = await ask(
        "/pipeline",
        commands.map((command) => command.map(textOf)),
      );
      if (!Array.isArray(answers)) throw new UpstashError("Upstash answered a pipeline with something that is no list");
      return sideBySide(answers.map((answer) => () => resultOf(answer, text)));
    },
  };
}

function addressOf(url: unknown): string {
  checkString("url of fromUpstash", url);
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isWeb) throw new TypeError("url of fromUpstash must begin with https:// and be the REST URL of a database");
  const { username, password, origin, pathname } = new URL(url);
  if (username || password) throw new TypeError("url of fromUpstash must be without credentials: they go into token");
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

function textOf(arg: RedisArgument): string {
  if (typeof arg === "string") return arg;
  try {
    return strictUtf8.decode(arg);
  } catch {
    throw new TypeError("Upstash's REST API takes text alone, and these bytes are not UTF-8");
  }
}

function resultOf(answer: unknown, leaf: (value: unknown) => unknown): unknown {
  const { result, error } = (answer ?? {}) as Outcome;
  if (typeof error === "string") throw new UpstashError(error);
  if (result === undefined) throw new UpstashError("Upstash answered without a result");
  return mapReply(result, leaf);
}

/** The one text that is not sent as base64. */
const OK = "OK";

function bytes(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const binary = value === OK ? value : atob(value);
  const decoded = new Uint8Array(binary.length);
  for (let i = 0; i < decoded.length; i++) decoded[i] = binary.charCodeAt(i);
  return decoded;
}

function text(value: unknown): unknown {
  if (typeof value !== "string" || value === OK) return value;
  return utf8.decode(bytes(value) as Uint8Array);
}

/** The JSON, with integers beyond 2^53 as they are; undefined where it is none. */
function parsed(json: string): unknown {
  try {
    let rounded = false;
    const value: unknown = JSON.parse(json, (_, inner) => {
      rounded ||= Number.isInteger(inner) && !Number.isSafeInteger(inner);
      return inner;
    });
    return rounded ? JSON.parse(quotedIntegers(json), unquoted) : value;
  } catch {
    return undefined;
  }
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** JSON with its integers in strings that base64 can not be. */
function quotedIntegers(json: string): string {
  return json.replace(STRING_OR_NUMBER, (token) => (/^-?\d+$/.test(token) ? `"#${token}"` : token));
}

function unquoted(_: string, value: unknown): unknown {
  return typeof value === "string" && /^#-?\d+$/.test(value) ? integer(value.slice(1)) : value;
}
