/** The longest time that a timer can be set to; beyond, it would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** A time to wait that can be ended early. */
export class Pause {
  readonly over: Promise<void>;
  /** Ends it now. */
  readonly end: () => void;

  constructor(milliseconds: number) {
    let end = () => {};
    this.over = new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(milliseconds, LONGEST));
      end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.end = end;
  }
}

/** What the promise gives, unless that takes longer: then it rejects with what `late` gives. */
export async function within<T>(milliseconds: number, promise: Promise<T>, late: () => Error): Promise<T> {
  if (milliseconds > LONGEST) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
