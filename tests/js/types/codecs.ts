import {
  Codec,
  KeyValueStore,
  type Schema,
  type SchemaStore,
  type StandardSchema,
  type SynchronousCodec,
} from "durastate";
import { type Equal, is } from "./equal.js";

declare const name: StandardSchema<unknown, string>;
declare const validator: StandardSchema<{ a: string }, { a: number }>;

const user = Codec.struct({
  id: Codec.int,
  name,
  at: Codec.date,
  photo: Codec.optional(Codec.bytes),
  kind: Codec.literal("admin", "guest"),
  tags: Codec.array(Codec.string),
  seen: Codec.map(Codec.url, Codec.bigint),
  rest: Codec.nullable(Codec.record(Codec.set(Codec.symbol))),
  pair: Codec.tuple(Codec.number, Codec.boolean),
  choice: Codec.union(Codec.string, Codec.struct({ a: Codec.regExp })),
  own: { decode: (stored: unknown) => new Date(String(stored)), encode: (date: Date) => date.toISOString() },
});

interface User {
  id: number;
  name: string;
  at: Date;
  kind: "admin" | "guest";
  tags: string[];
  seen: Map<URL, bigint>;
  rest: Record<string, Set<symbol>> | null;
  pair: [number, boolean];
  choice: string | { a: RegExp };
  own: Date;
  photo?: Uint8Array | undefined;
}

interface Tree {
  name: string;
  children: Tree[];
}
export const tree: Codec<Tree> = Codec.struct({
  name: Codec.string,
  children: Codec.array(Codec.lazy((): SynchronousCodec<Tree> => tree as SynchronousCodec<Tree>)),
});

export async function inferred(): Promise<void> {
  is<Equal<Codec.Infer<typeof user>, { [Field in keyof User]: User[Field] }>>();
  is<Equal<Codec.Infer<typeof name>, string>>();
  is<Equal<Codec.Infer<Codec<Date>>, Date>>();
  is<Equal<Codec.Infer<typeof validator>, { a: number }>>();
  const decoded = Codec.date.decode("1970-01-01T00:00:00.000Z");
  is<Equal<typeof decoded, Date>>();
  const simple: Codec<{ id: number; at: Date }> = Codec.struct({ id: Codec.int, at: Codec.date });
  const schema: Schema<{ id: number; at: Date }> = simple;
  const users = KeyValueStore.memory().toSchemaStore(Codec.struct({ id: Codec.int }));
  is<Equal<typeof users, SchemaStore<{ id: number }>>>();
  KeyValueStore.memory().toSchemaStore(schema);
  const option = Codec.option(Codec.int).decode({ _tag: "None" });
  if (option._tag === "Some") is<Equal<typeof option.value, number>>();
  const result = Codec.result(Codec.int, Codec.string).decode({ _tag: "Failure", failure: "e" });
  if (result._tag === "Failure") is<Equal<typeof result.failure, string>>();
  is<Equal<Codec.Infer<ReturnType<typeof Codec.json<User>>>, User>>();
  is<Equal<Codec.Infer<typeof Codec.void>, void>>();
  is<Equal<Codec.Infer<typeof Codec.undefined>, undefined>>();
  is<Equal<Codec.Infer<typeof Codec.null>, null>>();
}

export function refused(): void {
  // @ts-expect-error a date is no text
  Codec.date.encode("1970-01-01");
  // @ts-expect-error a name is missing
  tree.encode({ children: [] });
  // @ts-expect-error what is in a struct is a codec
  Codec.struct({ a: "string" });
  // @ts-expect-error a literal has a value
  Codec.literal();
  // @ts-expect-error an object is no literal
  Codec.literal({});
  // @ts-expect-error a union has parts
  Codec.union();
  // @ts-expect-error the two sides of a codec are about one type
  Codec.array({ decode: async (stored: unknown) => String(stored), encode: (value: string) => value });
}
