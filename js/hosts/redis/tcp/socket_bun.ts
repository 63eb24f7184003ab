import type { OpenSocket, RedisSocket } from "./socket.ts";
import { openNodeSocket } from "./socket_node.ts";
import { byteLength, bytesOf, joined } from "./text.ts";

/** As much as is needed here of a socket of Bun. */
interface BunSocket {
  write(data: string | Uint8Array): number;
  setNoDelay?(on: boolean): unknown;
  setKeepAlive?(on: boolean, delay: number): unknown;
  terminate(): unknown;
}

interface BunRuntime {
  connect(options: { hostname: string; port: number; socket: Record<string, unknown> }): Promise<unknown>;
}

const KEEP_ALIVE = 30_000;

/** A socket of Bun.connect; node:tls of Bun for TLS, as that checks whom the server's certificate is for. */
export const openBunSocket: OpenSocket = (target, events, signal) => {
  if (target.tls) return openNodeSocket(target, events, signal);
  return new Promise((resolve, reject) => {
    const { Bun } = globalThis as unknown as { Bun: BunRuntime };
    let writer: BunWriter | undefined;
    let failure: unknown;
    const socket = {
      open(opened: BunSocket) {
        if (signal.aborted) return void opened.terminate();
        opened.setNoDelay?.(true);
        opened.setKeepAlive?.(true, KEEP_ALIVE);
        writer = new BunWriter(opened);
        resolve(writer);
      },
      data: (_: BunSocket, bytes: Uint8Array) => events.data(bytes),
      drain: () => writer?.drain(),
      // an end without an answer would keep the half that writes
      end: (ended: BunSocket) => void ended.terminate(),
      error: (_: BunSocket, error: unknown) => {
        failure = error;
      },
      connectError: (_: BunSocket, error: unknown) => reject(error),
      close: (_: BunSocket, error: unknown) => {
        reject(failure ?? error ?? new Error("the socket was closed"));
        events.closed(failure ?? error);
      },
    };
    Bun.connect({ hostname: target.host, port: target.port, socket }).catch(reject);
  });
};

/** Keeps what the socket did not take at once. */
class BunWriter implements RedisSocket {
  readonly #socket: BunSocket;
  #rest: Uint8Array | undefined;

  constructor(socket: BunSocket) {
    this.#socket = socket;
  }

  write(data: string | Uint8Array, ascii: boolean): void {
    if (this.#rest) this.#rest = joined([this.#rest, data]);
    else this.#put(data, typeof data === "string" && !ascii ? byteLength(data) : data.length);
  }

  drain(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) this.#put(rest, rest.length);
  }

  close(): void {
    this.#socket.terminate();
  }

  #put(data: string | Uint8Array, size: number): void {
    const taken = this.#socket.write(data);
    // less than nothing is taken by a socket that has ended, which is told of by itself
    if (taken < 0 || taken >= size) return;
    this.#rest = (typeof data === "string" ? bytesOf(data) : data).slice(taken);
  }
}
