// A socket that says what a test wants it to say, in the pieces that the test wants.
import { connect } from "durastate/redis/tcp";

/**
 * Connects over such a socket; `greeting` answers the first thing that is written, on as many sockets as `greeted`.
 * Or `answer` gives what is said to what was written, for as long as it gives something.
 */
export async function scripted({ greeting = "+PONG\r\n", greeted = Infinity, answer, ...options } = {}) {
  const sockets = [];
  const opener = async (target, events, signal) => {
    const socket = {
      target,
      signal,
      written: [],
      closed: false,
      /** Says something; a text is UTF-8. */
      say: (data) => events.data(typeof data === "string" ? Buffer.from(data) : data),
      lose: (error) => events.closed(error),
    };
    sockets.push(socket);
    return {
      write(data) {
        socket.written.push(Buffer.from(data).toString("latin1"));
        const greets = socket.written.length === 1 && sockets.length <= greeted;
        const said = answer ? answer(socket.written.at(-1), target) : greets && greeting;
        if (said) queueMicrotask(() => socket.say(said));
      },
      close() {
        socket.closed = true;
      },
    };
  };
  const redis = await connect({ socket: opener, ...options });
  const [socket] = sockets;
  return { redis, socket, sockets };
}

/** What the first command is answered that gets these bytes as its reply, in one piece. */
export async function replied(reply, { verb = "send", ...options } = {}) {
  const { redis, socket } = await scripted(options);
  const answer = redis[verb]("ANY");
  await turn();
  socket.say(reply);
  return answer;
}

/** Lets everything happen that is to happen in this turn of the event loop. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A command as it is written. */
export function resp(...parts) {
  const pieces = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return Buffer.from(`*${parts.length}\r\n${pieces.join("")}`).toString("latin1");
}
