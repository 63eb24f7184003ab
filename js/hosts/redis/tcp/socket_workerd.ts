import type { OpenSocket, RedisSocket, SocketEvents, SocketTarget } from "./socket.ts";
import { bytesOf } from "./text.ts";

/** As much as is needed here of a socket of cloudflare:sockets. */
interface WorkerdSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<unknown>;
  close(): Promise<void>;
  startTls(options: { expectedServerHostname?: string }): WorkerdSocket;
}

interface WorkerdSockets {
  connect(
    address: { hostname: string; port: number },
    options: { secureTransport: "off" | "on" | "starttls"; allowHalfOpen: boolean },
  ): WorkerdSocket;
}

/** A socket of cloudflare:sockets, which belongs to the request that it is opened in. */
export const openWorkerdSocket: OpenSocket = async (target, events, signal) => {
  // Put together at run time, and marked, so that no bundler looks for a package of this name.
  const sockets = (await import(
    /* webpackIgnore: true */
    /* @vite-ignore */
    ["cloudflare", "sockets"].join(":")
  )) as WorkerdSockets;
  const opened = connected(sockets, target);
  const socket = new StreamSocket(opened, events);
  const abort = () => socket.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await opened.opened;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  void socket.read();
  return socket;
};

function connected(sockets: WorkerdSockets, { host, port, tls }: SocketTarget): WorkerdSocket {
  const { servername, ...others } = tls ?? {};
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new TypeError(`tls.${unknown} of connect is not known to the TLS of workerd`);
  const secureTransport = !tls ? "off" : servername === undefined ? "on" : "starttls";
  const socket = sockets.connect({ hostname: host, port }, { secureTransport, allowHalfOpen: false });
  return servername === undefined ? socket : socket.startTls({ expectedServerHostname: servername });
}

class StreamSocket implements RedisSocket {
  readonly #socket: WorkerdSocket;
  readonly #events: SocketEvents;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #closed = false;

  constructor(socket: WorkerdSocket, events: SocketEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#writer = socket.writable.getWriter();
  }

  write(data: string | Uint8Array): void {
    this.#writer.write(typeof data === "string" ? bytesOf(data) : data).catch((error) => this.close(error));
  }

  close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    // what is wrong with a socket that nobody wants any more is of no interest
    this.#socket.close().catch(() => {});
    this.#events.closed(error);
  }

  async read(): Promise<void> {
    const reader = this.#socket.readable.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return this.close();
        this.#events.data(value);
      }
    } catch (error) {
      this.close(error);
    }
  }
}
