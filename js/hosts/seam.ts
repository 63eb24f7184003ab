import type { Awaitable } from "./store.ts";

/** A host that knows itself what it is asked for and how to reply: a Redis, a database. */
export interface Seam<Asked = unknown, Reply = unknown> {
  /** Whether what is asked in one turn of the event loop is to leave together. */
  readonly together: boolean;
  /** Carries these out, and gives a reply for each. */
  carryOut(asked: Asked[]): Awaitable<Reply[]>;
}
