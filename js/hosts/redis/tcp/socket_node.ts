import type { OpenSocket, SocketEvents, SocketTarget } from "./socket.ts";

/** As much as is needed here of a socket of node:net. */
interface NodeSocket {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "close" | "connect" | "secureConnect", listener: () => void): unknown;
  write(data: string | Uint8Array, encoding?: "latin1" | "utf8"): unknown;
  setKeepAlive(on: boolean, delay: number): unknown;
  destroy(): unknown;
}

interface NodeModule {
  connect(options: Record<string, unknown>): NodeSocket;
  isIP(host: string): number;
}

interface NodeProcess {
  getBuiltinModule(name: "node:net" | "node:tls"): NodeModule;
}

const READ_BUFFER = 65_536;
const KEEP_ALIVE = 30_000;

/** A socket of node:net or node:tls. */
export const openNodeSocket: OpenSocket = (target, events, signal) =>
  new Promise((resolve, reject) => {
    const socket = connected(target, events);
    let failure: unknown;
    const abort = () => socket.destroy();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      signal.removeEventListener("abort", abort);
      reject(failure ?? new Error("the socket was closed"));
      events.closed(failure);
    });
    socket.on(target.tls ? "secureConnect" : "connect", () => {
      signal.removeEventListener("abort", abort);
      socket.setKeepAlive(true, KEEP_ALIVE);
      resolve({
        write: (data, ascii) => socket.write(data, ascii ? "latin1" : "utf8"),
        close: () => socket.destroy(),
      });
    });
  });

function connected({ host, port, tls }: SocketTarget, events: SocketEvents): NodeSocket {
  const { process } = globalThis as unknown as { process: NodeProcess };
  const net = process.getBuiltinModule("node:net");
  if (tls) {
    const named = net.isIP(host) ? {} : { servername: host };
    const socket = process.getBuiltinModule("node:tls").connect({ ...named, ...tls, host, port });
    socket.on("data", (bytes) => events.data(bytes));
    return socket;
  }
  // reading into one buffer goes round Node's streams
  const callback = (length: number, bytes: Uint8Array) => {
    events.data(bytes, length);
    return true;
  };
  return net.connect({ host, port, noDelay: true, onread: { buffer: new Uint8Array(READ_BUFFER), callback } });
}
