import type { TlsOptions } from "./options.ts";
import type { OpenSocket, RedisSocket, SocketEvents, SocketTarget } from "./socket.ts";
import { joined } from "./text.ts";

/** As much as is needed here of a connection of Deno. */
interface DenoConn {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  setNoDelay?(on: boolean): void;
  setKeepAlive?(on: boolean): void;
  handshake?(): Promise<unknown>;
  close(): void;
}

interface DenoRuntime {
  connect(options: { hostname: string; port: number }): Promise<DenoConn>;
  connectTls(options: Record<string, unknown>): Promise<DenoConn>;
  startTls(conn: DenoConn, options: Record<string, unknown>): Promise<DenoConn>;
}

const READ_BUFFER = 65_536;

/** A connection of Deno.connect or Deno.connectTls. */
export const openDenoSocket: OpenSocket = async (target, events, signal) => {
  const { Deno } = globalThis as unknown as { Deno: DenoRuntime };
  const conn = await connected(Deno, target);
  const socket = new DenoSocket(conn, events);
  if (signal.aborted) socket.close();
  else void socket.read();
  return socket;
};

async function connected(Deno: DenoRuntime, { host, port, tls }: SocketTarget): Promise<DenoConn> {
  // startTls takes no certificate of this side, and connectTls no other name of the other one
  if (tls?.cert !== undefined) {
    if (tls.servername !== undefined) throw new TypeError("Deno takes tls.cert or tls.servername of connect, not both");
    return shaken(await Deno.connectTls({ ...denoTls(tls), hostname: host, port }));
  }
  const conn = await Deno.connect({ hostname: host, port });
  conn.setNoDelay?.(true);
  conn.setKeepAlive?.(true);
  if (!tls) return conn;
  return shaken(await Deno.startTls(conn, { ...denoTls(tls), hostname: tls.servername ?? host }));
}

/** Deno would not look at the certificate before something is read or written. */
async function shaken(conn: DenoConn): Promise<DenoConn> {
  try {
    await conn.handshake?.();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** The options as Deno calls them. */
function denoTls({ ca, servername: _, ...others }: TlsOptions): Record<string, unknown> {
  const asText = (pem: unknown) => (pem instanceof Uint8Array ? new TextDecoder().decode(pem) : pem);
  return ca === undefined ? others : { caCerts: [ca].flat().map(asText), ...others };
}

class DenoSocket implements RedisSocket {
  readonly #conn: DenoConn;
  readonly #events: SocketEvents;
  #waiting: Array<string | Uint8Array> = [];
  #writing = false;
  #closed = false;

  constructor(conn: DenoConn, events: SocketEvents) {
    this.#conn = conn;
    this.#events = events;
  }

  write(data: string | Uint8Array): void {
    this.#waiting.push(data);
    if (!this.#writing) void this.#write();
  }

  close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
    this.#events.closed(error);
  }

  async read(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER);
    try {
      for (;;) {
        const length = await this.#conn.read(buffer);
        if (length === null) return this.close();
        this.#events.data(buffer, length);
      }
    } catch (error) {
      this.close(error);
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0) {
        let bytes = joined(this.#waiting);
        this.#waiting = [];
        while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      }
      this.#writing = false;
    } catch (error) {
      this.close(error);
    }
  }
}
