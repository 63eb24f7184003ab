import { Exit, type Reason } from "../../exit.ts";
import type { Awaitable } from "../../hosts/store.ts";
import { isPromise, type JsonCodec, jsonCodecOf, plainCodec, refusal, type Schema } from "../../schema.ts";
import { defectOf, defectText, isError } from "./defects.ts";

/** Between exits and the JSON text that is stored for them. What does not fit throws or rejects with a `SchemaError`. */
export interface ExitCodec<A, E> {
  /** The text of an exit. */
  encode(exit: Exit<A, E>): Awaitable<string>;
  /** The exit of parsed JSON; fields that an exit has not are left alone. */
  decode(stored: unknown): Awaitable<Exit<A, E>>;
  /**
   * What a lookup that threw this ended with: a failure, if the schema of errors takes it, and else a defect. A schema
   * takes what can be encoded and read again. A codec is given what was thrown itself; what it reads as an error must be
   * of a class of what was thrown. A Standard Schema is given the JSON of what was thrown, which for an error has the
   * fields of its own, and if it refuses that, the same with name and message.
   */
  thrown(thrown: unknown): Awaitable<{ exit: Exit<A, E>; text: string }>;
}

/** What an exit is made of, by name for the errors about them. */
export interface ExitSchemas<A, E> {
  success?: Schema<A> | undefined;
  error?: Schema<E> | undefined;
}

/**
 * The codec of exits with these values and errors. Without a schema they are what JSON can hold; but then no lookup throws an
 * error that is foreseen.
 */
export function exitCodec<A, E>({ success, error }: ExitSchemas<A, E>, tag: string): ExitCodec<A, E> {
  const values = success === undefined ? (nothingOrJson as JsonCodec<A>) : jsonCodecOf(success, `success of ${tag}`);
  const errors = error === undefined ? (plainCodec as JsonCodec<E>) : jsonCodecOf(error, `error of ${tag}`);
  return {
    encode: (exit) => encode(exit, values, errors),
    decode: (stored) => decode(stored, values, errors),
    thrown(thrown) {
      const text = error && taken(thrown, errors, "~standard" in error);
      return isPromise(text) ? text.then((text) => ended(thrown, text)) : ended(thrown, text);
    },
  };
}

/** Without a schema null is for `undefined`, and all else is what JSON can hold. */
const nothingOrJson: JsonCodec<unknown> = {
  decode: (stored) => (stored === null ? undefined : stored),
  encode(value) {
    if (value === undefined) return "null";
    if (value === null) throw refusal("without a schema, null would come back as undefined");
    return plainCodec.encode(value);
  },
};

function encode<A, E>(exit: Exit<A, E>, values: JsonCodec<A>, errors: JsonCodec<E>): Awaitable<string> {
  const given: unknown = exit;
  if (!isObject(given)) throw noExit();
  if (given._tag === "Success") {
    const text = values.encode(given.value as A);
    return isPromise(text) ? text.then(successText) : successText(text);
  }
  const reasons = inOrder(reasonsOf(given), (reason, place) => encodeReason(reason, place, errors));
  return isPromise(reasons) ? reasons.then(failureText) : failureText(reasons);
}

const successText = (text: string): string => `{"_tag":"Success","value":${text}}`;
const failureText = (reasons: string[]): string => `{"_tag":"Failure","cause":[${reasons.join()}]}`;
const failText = (text: string): string => `{"_tag":"Fail","error":${text}}`;
const dieText = (defect: unknown): string => `{"_tag":"Die","defect":${defectText(defect)}}`;

function encodeReason<E>(reason: unknown, place: number, errors: JsonCodec<E>): Awaitable<string> {
  if (isObject(reason)) {
    if (reason._tag === "Die") return dieText(reason.defect);
    if (reason._tag === "Interrupt") return `{"_tag":"Interrupt","fiberId":${fiberOf(reason, place) ?? null}}`;
    if (reason._tag === "Fail") {
      const text = errors.encode(reason.error as E);
      return isPromise(text) ? text.then(failText) : failText(text);
    }
  }
  throw noReason(place);
}

function decode<A, E>(stored: unknown, values: JsonCodec<A>, errors: JsonCodec<E>): Awaitable<Exit<A, E>> {
  if (!isObject(stored)) throw noExit();
  if (stored._tag === "Success") {
    if (!("value" in stored)) throw refusal("Expected a value, but it is missing", ["value"]);
    const value = values.decode(stored.value);
    return isPromise(value) ? value.then(Exit.succeed<A>) : Exit.succeed(value);
  }
  const reasons = inOrder(reasonsOf(stored), (reason, place) => decodeReason(reason, place, errors));
  return isPromise(reasons) ? reasons.then(failure) : failure(reasons);
}

const failure = <E>(cause: Array<Reason<E>>): Exit<never, E> => ({ _tag: "Failure", cause });

function decodeReason<E>(reason: unknown, place: number, errors: JsonCodec<E>): Awaitable<Reason<E>> {
  if (isObject(reason)) {
    if (reason._tag === "Die" && "defect" in reason) return { _tag: "Die", defect: defectOf(reason.defect) };
    if (reason._tag === "Interrupt") {
      const fiberId = fiberOf(reason, place);
      return fiberId === undefined ? { _tag: "Interrupt" } : { _tag: "Interrupt", fiberId };
    }
    if (reason._tag === "Fail" && "error" in reason) {
      const error = errors.decode(reason.error);
      return isPromise(error) ? error.then((error) => ({ _tag: "Fail", error })) : { _tag: "Fail", error };
    }
  }
  throw noReason(place);
}

function reasonsOf({ _tag, cause }: Readonly<Record<string, unknown>>): unknown[] {
  if (_tag !== "Failure") throw noExit();
  if (!Array.isArray(cause)) throw refusal("Expected the reasons of a failure", ["cause"]);
  return cause;
}

function fiberOf({ fiberId }: Readonly<Record<string, unknown>>, place: number): number | undefined {
  if (fiberId === null || fiberId === undefined) return undefined;
  if (Number.isFinite(fiberId)) return fiberId as number;
  throw refusal("Expected the number of a fiber, or none", ["cause", place, "fiberId"]);
}

/** What becomes of each, all at once where one has to be waited for. */
function inOrder<From, To>(list: readonly From[], by: (entry: From, place: number) => Awaitable<To>): Awaitable<To[]> {
  const made: Array<Awaitable<To>> = [];
  try {
    for (const [place, entry] of list.entries()) made.push(by(entry, place));
  } catch (thrown) {
    // Nobody waits for the ones before it any more, so nobody is to hear that they failed.
    for (const other of made) if (isPromise(other)) other.catch(() => {});
    throw thrown;
  }
  return made.some(isPromise) ? Promise.all(made) : (made as To[]);
}

const noExit = () => refusal("Expected an exit: a success with its value, or a failure with its cause");
const noReason = (place: number) => refusal("Expected a reason: Fail, Die or Interrupt", ["cause", place]);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** How a lookup ended that threw this, which the schema of errors has taken as this text. */
function ended<A, E>(thrown: unknown, text: string | undefined): { exit: Exit<A, E>; text: string } {
  if (text === undefined) return { exit: Exit.die(thrown), text: failureText([dieText(thrown)]) };
  return { exit: Exit.fail(thrown as E), text: failureText([failText(text)]) };
}

/** The text of what was thrown, if the schema of errors takes it. */
function taken<E>(thrown: unknown, errors: JsonCodec<E>, isStandard: boolean): Awaitable<string | undefined> {
  const text = readable(() => thrown, thrown, errors);
  if (!isStandard || !isError(thrown)) return text;
  const named = () => Object.assign({ name: thrown.name, message: thrown.message }, thrown);
  const again = (text: string | undefined) => text ?? readable(named, thrown, errors);
  return isPromise(text) ? text.then(again) : again(text);
}

/** The text of what stands for a thrown value, if it can be encoded and read again. */
function readable<E>(given: () => unknown, thrown: unknown, errors: JsonCodec<E>): Awaitable<string | undefined> {
  const none = () => undefined;
  const readBack = (text: string): Awaitable<string | undefined> => {
    const back = errors.decode(JSON.parse(text));
    const checked = (back: unknown) => (isOfItsClass(thrown, back) ? text : undefined);
    return isPromise(back) ? back.then(checked) : checked(back);
  };
  try {
    const text = errors.encode(given() as E);
    const checked = isPromise(text) ? text.then(readBack) : readBack(text);
    return isPromise(checked) ? checked.catch(none) : checked;
  } catch {
    return undefined;
  }
}

/** A codec that makes an error of its class of anything would replay every defect as that error. */
function isOfItsClass(thrown: unknown, back: unknown): boolean {
  return !isError(back) || Object.prototype.isPrototypeOf.call(Object.getPrototypeOf(back), thrown as object);
}
