import type { RedisArgument } from "../../redis.ts";
import { Command } from "./command.ts";
import { encode } from "./encode.ts";
import { ConnectionError, ReplyError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { Settings } from "./options.ts";

/** Tells Redis who is there and what is wanted, and makes sure that it answers. */
export async function greet(link: Link, settings: Settings): Promise<void> {
  const commands: Command[] = [];
  const replies = greetings(settings).map(
    (parts) =>
      new Promise<unknown>((resolve, reject) => {
        const refused = (error: unknown) => {
          const failure = error instanceof ReplyError ? refusal(parts[0], error) : error;
          if (failure === undefined) resolve(undefined);
          else reject(failure);
        };
        const command = new Command(resolve, refused, false);
        encode(parts, command);
        commands.push(command);
      }),
  );
  link.write(commands);
  await Promise.all(replies);
}

function greetings({ username, password, protocol, db }: Settings): string[][] {
  const user = username ?? (protocol === 3 ? "default" : undefined);
  const credentials = password === undefined ? [] : user === undefined ? [password] : [user, password];
  const commands: string[][] = [];
  if (protocol === 3) commands.push(["HELLO", "3", ...(credentials.length ? ["AUTH", ...credentials] : [])]);
  else if (credentials.length) commands.push(["AUTH", ...credentials]);
  if (db !== 0) commands.push(["SELECT", String(db)]);
  commands.push(["PING"]);
  return commands;
}

/** Why Redis does not want this connection. What it says of AUTH and HELLO may quote the password, so that is not shown. */
function refusal(name: RedisArgument | undefined, error: ReplyError): ConnectionError | undefined {
  const code = /^[A-Z]+/.exec(error.message)?.[0] ?? "ERR";
  switch (code) {
    case "WRONGPASS":
      return new ConnectionError("Redis refused the username or the password (WRONGPASS)");
    case "NOAUTH":
      return new ConnectionError("Redis wants a password (NOAUTH): pass password, and username if there is one");
    case "LOADING":
      return new ConnectionError("Redis is still loading what it had stored (LOADING)");
  }
  if (name === "SELECT") return new ConnectionError(`Redis refused the db: ${error.message}`, { cause: error });
  if (name === "HELLO" && code === "NOPROTO") return new ConnectionError("Redis does not speak protocol 3 (NOPROTO)");
  if (name === "HELLO") return new ConnectionError(`Redis refused HELLO (${code}): it may need protocol: 2`);
  if (name === "AUTH")
    return new ConnectionError(`Redis refused AUTH (${code}): it may have no password for this user`);
  // a user who may not PING, or a script that runs too long, is no reason not to be connected
  return undefined;
}
