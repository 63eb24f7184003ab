import { checkFunction, checkString, quoted, shown } from "../../arguments.ts";
import type { Schema } from "../../schema.ts";
import { isWellFormed } from "../key_value/face.ts";
import { type ExitCodec, exitCodec } from "./exit_codec.ts";

/** Where a request carries what its class knows: on the prototype, where neither a listing nor a copy meets it. */
const kind: unique symbol = Symbol("durastate.kind");

/**
 * A request whose result can be kept: what was asked for, under a primary key, and what its results look like. Two
 * requests with the same primary key are the same to a store, whatever else they hold. A copy of the fields
 * (`{ ...request }`, `structuredClone`) is no request any more.
 */
export interface PersistableRequest<A = unknown, E = unknown> {
  readonly _tag: string;
  /** What its results look like, and how its key is found. */
  readonly [kind]: Kind<A, E>;
}

/** Makes requests of one class, with or without `new`. */
export interface PersistableClass<Tag extends string, Payload extends object, A, E> {
  (...payload: Arguments<Payload>): RequestOf<Tag, Payload, A, E>;
  new (...payload: Arguments<Payload>): RequestOf<Tag, Payload, A, E>;
}

type Arguments<Payload> = Record<never, never> extends Payload ? [payload?: Payload] : [payload: Payload];
type RequestOf<Tag, Payload, A, E> = PersistableRequest<A, E> & {
  readonly _tag: Tag;
} & { readonly [Field in keyof Payload as Field extends "_tag" ? never : Field]: Payload[Field] };

/** What a kind of requests is made of. */
export interface PersistableOptions<Payload extends object, A, E> {
  /** The key under which the result of a request is kept, which only its fields may decide. */
  primaryKey(request: Payload): string;
  /** What describes the values; without one they are `undefined`, or what JSON can hold. */
  success?: Schema<A> | undefined;
  /** What describes the errors that are part of the result; without one all that a lookup throws is a defect. */
  error?: Schema<E> | undefined;
}

/** Makes classes of requests whose results can be kept. */
export interface Persistables {
  /** A class of requests. Its tag is the `_tag` of its requests, and is no part of what is stored. */
  make<const Tag extends string, Payload extends object = Record<never, never>, A = void, E = never>(
    tag: Tag,
    options: PersistableOptions<Payload, A, E>,
  ): PersistableClass<Tag, Payload, A, E>;
}

/** Makes classes of requests whose results can be kept. */
export const Persistable: Persistables = { make };

/** What a class knows of its requests. */
interface Kind<A, E> {
  readonly exits: ExitCodec<A, E>;
  keyOf(request: object): string;
}

/** A request, and its primary key once that was needed. Fields of its own are frozen, private ones are not. */
class Keyed<A, E> {
  declare readonly [kind]: Kind<A, E>;
  #key: string | undefined;

  static checked(given: unknown): Keyed<unknown, unknown> {
    if (typeof given === "object" && given !== null && #key in given) return given;
    throw new TypeError(`a key must be a request of a class that Persistable.make made, but is ${shown(given)}`);
  }

  static keyOf(given: unknown): string {
    const request = Keyed.checked(given);
    request.#key ??= request[kind].keyOf(request);
    return request.#key;
  }
}

function make<const Tag extends string, Payload extends object, A, E>(
  tag: Tag,
  options: PersistableOptions<Payload, A, E>,
): PersistableClass<Tag, Payload, A, E> {
  checkString("tag of Persistable.make", tag);
  if (tag === "") throw new TypeError("tag of Persistable.make must not be empty");
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options of Persistable.make(${quoted(tag)}) must be an object, but are ${shown(options)}`);
  }
  const { primaryKey, success, error } = options;
  checkFunction(`primaryKey of ${tag}`, primaryKey);
  const knows: Kind<A, E> = {
    exits: exitCodec({ success, error }, tag),
    keyOf(request) {
      const key: unknown = primaryKey.call(options, request as Payload);
      if (typeof key === "string" && key !== "" && isWellFormed(key)) return key;
      const what = typeof key === "string" && key !== "" ? "a text with half of a surrogate pair" : shown(key);
      throw new TypeError(`primaryKey of ${tag} must give a string that is not empty, but gave ${what}`);
    },
  };
  class Request extends Keyed<A, E> {
    constructor(payload: object) {
      super();
      for (const field of Object.keys(payload)) put(this, field, payload[field as keyof object]);
      put(this, "_tag", tag);
      Object.freeze(this);
    }
  }
  Object.defineProperty(Request.prototype, kind, { value: knows });
  function Class(payload: unknown = {}): Request {
    if (typeof payload !== "object" || payload === null) {
      throw new TypeError(`the payload of ${tag} must be an object, but is ${shown(payload)}`);
    }
    const isExtended = new.target !== undefined && new.target !== Class;
    return isExtended ? Reflect.construct(Request, [payload], new.target) : new Request(payload);
  }
  // So that `instanceof` knows its requests, and a listing of fields names them.
  Class.prototype = Request.prototype;
  Object.defineProperty(Request.prototype, "constructor", { value: Class });
  Object.defineProperty(Class, "name", { value: tag });
  return Class as unknown as PersistableClass<Tag, Payload, A, E>;
}

/** Sets a field even where its name is that of the prototype. */
function put(request: object, field: string, value: unknown): void {
  if (field !== "__proto__") (request as Record<string, unknown>)[field] = value;
  else Object.defineProperty(request, field, { value, enumerable: true });
}

/** The primary key of a request; what is no request is refused. */
export function primaryKeyOf(request: unknown): string {
  return Keyed.keyOf(request);
}

/** The codec of what a request results in; each class has one. */
export function exitCodecOf<A, E>(request: PersistableRequest<A, E>): ExitCodec<A, E> {
  return (Keyed.checked(request) as Keyed<A, E>)[kind].exits;
}
