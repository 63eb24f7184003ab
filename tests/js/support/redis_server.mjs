// Redis servers of a test's own: on free loopback ports, with their data in a temporary folder, gone when the test is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, temporaryFolder } from "./server_process.mjs";

const ended = new Set();
process.once("exit", () => {
  for (const end of ended) end();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Starts a server; `args` are options of redis-server, `port` is a free one unless given. */
export async function startRedis({ args = [], port } = {}) {
  const directory = temporaryFolder("redis");
  for (let attempt = 1; ; attempt++) {
    const chosen = port ?? (await freePort());
    try {
      const server = new Server(chosen, directory, args);
      await server.start();
      return server;
    } catch (error) {
      // Somebody else may have taken the port in the meantime.
      if (port !== undefined || attempt === 5) {
        rmSync(directory, { recursive: true, force: true });
        throw error;
      }
    }
  }
}

class Server {
  #directory;
  #args;
  #child;

  constructor(port, directory, args) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#directory = directory;
    this.#args = args;
    ended.add(this.#leave);
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts it, or starts it again on the same port; resolves when it takes commands. */
  async start() {
    const log = join(this.#directory, "log");
    const output = openSync(log, "a");
    const options = ["--port", this.port, "--bind", "127.0.0.1", "--dir", this.#directory, "--save", "", ...this.#args];
    const program = process.env.REDIS_SERVER ?? "redis-server";
    const child = spawn(program, options.map(String), { stdio: ["ignore", output, output] });
    closeSync(output);
    this.#child = child;
    const failed = once(child, "exit").then(([code]) => {
      throw new Error(`redis-server ended with ${code}: ${tail(log)}`);
    });
    const ready = new AbortController();
    try {
      await Promise.race([failed, readiness(this.port, ready.signal)]);
    } finally {
      ready.abort();
      failed.catch(() => undefined);
    }
  }

  /** Ends it at once, as a crash would; the port stays its own for `start`. */
  async kill() {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  /** Kills it and starts it again on the same port, with nothing in it. */
  async restart() {
    await this.kill();
    await this.start();
  }

  /** What INFO says, asked for over a connection of its own. */
  info() {
    return told(this.port, ["INFO"]);
  }

  async stop() {
    await this.kill();
    this.#leave();
    ended.delete(this.#leave);
  }

  #leave = () => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };
}

/** Starts three masters with every slot assigned, which know each other. */
export async function startCluster({ args = [] } = {}) {
  const servers = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (let i = 0; i < 3; i++) {
      const bus = await freePort();
      // Told where it is: a node learns that late from the others, and clients pass over one that does not know.
      const place = ["--cluster-announce-ip", "127.0.0.1", "--cluster-port", bus];
      const cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", 5000, ...place];
      const server = await startRedis({ args: [...cluster, ...args] });
      servers.push(Object.assign(server, { bus }));
    }
    const share = Math.ceil(16384 / servers.length);
    const first = servers[0];
    for (const [i, { port }] of servers.entries()) {
      await told(port, ["CLUSTER", "SET-CONFIG-EPOCH", i + 1]);
      await told(port, ["CLUSTER", "ADDSLOTSRANGE", i * share, Math.min((i + 1) * share, 16384) - 1]);
      if (i) await told(port, ["CLUSTER", "MEET", "127.0.0.1", first.port, first.bus]);
    }
    for (const { port } of servers) {
      await until(async () => {
        const [info, nodes] = [await told(port, ["CLUSTER", "INFO"]), await told(port, ["CLUSTER", "NODES"])];
        const connected = nodes.split("\n").filter((line) => /\bmaster\b.*\bconnected \d+-\d+/.test(line));
        return info.includes("cluster_state:ok") && connected.length === servers.length;
      });
    }
    return { servers, ports: servers.map(({ port }) => port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks again, with a pause after each time, until the answer is true. */
export async function until(ask, { signal, milliseconds = 20_000 } = {}) {
  const deadline = Date.now() + milliseconds;
  while (!signal?.aborted) {
    if (await ask()) return;
    if (Date.now() > deadline) throw new Error(`it did not come true within ${milliseconds} ms: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function readiness(port, signal) {
  const isReady = async () => {
    const answer = await exchange(port, ["PING"]).catch(() => "");
    return /^(\+PONG|-NOAUTH)/.test(answer);
  };
  await until(isReady, { signal });
}

/** What a server answers to a command that must not fail. */
async function told(port, command) {
  const answer = await exchange(port, command);
  if (answer.startsWith("-")) throw new Error(`${command.join(" ")}: ${answer}`);
  return answer;
}

/** Sends a command over a connection of its own and gives all that came back, as it came. */
async function exchange(port, command) {
  const socket = connect({ host: "127.0.0.1", port });
  const parts = [command, ["QUIT"]].flatMap((list) => [
    `*${list.length}`,
    ...list.flatMap((part) => [`$${Buffer.byteLength(String(part))}`, String(part)]),
  ]);
  socket.end(`${parts.join("\r\n")}\r\n`);
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
  return answer;
}

function tail(file) {
  try {
    return readFileSync(file, "utf8").slice(-1000);
  } catch {
    return "it wrote no log";
  }
}
