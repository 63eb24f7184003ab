import type { TlsOptions } from "./options.ts";
import { openBunSocket } from "./socket_bun.ts";
import { openDenoSocket } from "./socket_deno.ts";
import { openNodeSocket } from "./socket_node.ts";
import { openWorkerdSocket } from "./socket_workerd.ts";

/** Where to connect to. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined for a connection without TLS. */
  readonly tls: TlsOptions | undefined;
}

/** Who is told of what happens to a socket. */
export interface SocketEvents {
  /** Bytes have come: the first `length` of these. They are read at once, so the memory may be used again. */
  data(bytes: Uint8Array, length?: number): void;
  /** The socket has ended. */
  closed(error?: unknown): void;
}

/** An open socket. */
export interface RedisSocket {
  /** Writes after what was written before; a failure ends the socket. `ascii`: the text is nothing else. */
  write(data: string | Uint8Array, ascii: boolean): void;
  /** Ends the socket at once. */
  close(): void;
}

/** Opens a socket, and tells `events` of it from then on. When `signal` is aborted, nobody wants it any more. */
export type OpenSocket = (target: SocketTarget, events: SocketEvents, signal: AbortSignal) => Promise<RedisSocket>;

interface Surroundings {
  Bun?: unknown;
  Deno?: unknown;
  navigator?: { userAgent?: string };
  process?: { getBuiltinModule?: unknown };
}

/** The opener of this runtime's sockets. */
export function runtimeSocket(): OpenSocket {
  const { Bun, Deno, navigator, process } = globalThis as Surroundings;
  if (navigator?.userAgent === "Cloudflare-Workers") return openWorkerdSocket;
  if (Bun) return openBunSocket;
  if (Deno) return openDenoSocket;
  if (process?.getBuiltinModule) return openNodeSocket;
  return () => Promise.reject(new TypeError("this runtime has no TCP sockets: pass socket, which opens one"));
}
