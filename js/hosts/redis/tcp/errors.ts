/** What Redis itself replied instead of doing it. */
export class ReplyError extends Error {
  override get name(): string {
    return "ReplyError";
  }
}

/** The connection to Redis failed. */
export class ConnectionError extends Error {
  /** Whether the command had been written: then Redis may have carried it out. */
  readonly sent: boolean;

  constructor(message: string, { sent = false, cause }: { sent?: boolean; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }

  override get name(): string {
    return "ConnectionError";
  }
}

/** No reply came within `commandTimeout`. */
export class TimeoutError extends Error {
  /** Whether the command had been written: then Redis may have carried it out, or may still do so. */
  readonly sent: boolean;

  constructor(message: string, { sent, cause }: { sent: boolean; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }

  override get name(): string {
    return "TimeoutError";
  }
}

/** The server sent what is no RESP, or more than anybody can have asked for. */
export class ProtocolError extends Error {
  override get name(): string {
    return "ProtocolError";
  }
}
