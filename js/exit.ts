/** How something ended: with a value, or with the reasons for which there is none. */
export type Exit<A, E = never> = Success<A> | Failure<E>;

/** It gave a value. */
export interface Success<A> {
  readonly _tag: "Success";
  readonly value: A;
}

/** It gave no value. */
export interface Failure<E> {
  readonly _tag: "Failure";
  readonly cause: ReadonlyArray<Reason<E>>;
}

/** Why something failed: an error that was foreseen, a defect that was not, or an interruption. */
export type Reason<E> =
  | { readonly _tag: "Fail"; readonly error: E }
  | { readonly _tag: "Die"; readonly defect: unknown }
  | { readonly _tag: "Interrupt"; readonly fiberId?: number | undefined };

/** Makes exits and tells them apart. */
export interface Exits {
  /** Ended with this value. */
  succeed(): Exit<void>;
  succeed<A>(value: A): Exit<A>;
  /** Failed with an error that callers know of. */
  fail<E>(error: E): Exit<never, E>;
  /** Failed with something that nobody foresaw. */
  die(defect: unknown): Exit<never>;
  /** Was stopped, in Effect by the fiber of this number. */
  interrupt(fiberId?: number): Exit<never>;
  /** Whether there is an exit and it has a value. */
  isSuccess<A, E>(exit: Exit<A, E> | undefined): exit is Success<A>;
  /** Whether there is an exit and it has none. */
  isFailure<A, E>(exit: Exit<A, E> | undefined): exit is Failure<E>;
}

const failed = <E>(reason: Reason<E>): Failure<E> => ({ _tag: "Failure", cause: [reason] });

/** Makes exits and tells them apart. */
export const Exit: Exits = {
  succeed: <A>(value?: A): Exit<A> => ({ _tag: "Success", value: value as A }),
  fail: (error) => failed({ _tag: "Fail", error }),
  die: (defect) => failed({ _tag: "Die", defect }),
  interrupt: (fiberId) => failed(fiberId === undefined ? { _tag: "Interrupt" } : { _tag: "Interrupt", fiberId }),
  isSuccess: (exit) => exit?._tag === "Success",
  isFailure: (exit) => exit?._tag === "Failure",
};
