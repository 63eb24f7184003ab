import { type Codec, KeyValueStore, type Schema, type SchemaStore, type StandardSchema } from "durastate";
import { type Equal, is } from "./equal.js";

const kv = KeyValueStore.memory();

interface User {
  name: string;
  age?: number;
}

/** As libraries publish it: their own interface, with everything that the specification lets them have. */
interface LibrarySchema<Input, Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) =>
      | { readonly value: Output; readonly issues?: undefined }
      | { readonly issues: ReadonlyArray<LibraryIssue> }
      | Promise<
          { readonly value: Output; readonly issues?: undefined } | { readonly issues: ReadonlyArray<LibraryIssue> }
        >;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
  parse(value: unknown): Output;
}
interface LibraryIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

declare const user: LibrarySchema<User, User>;
declare const numberOfText: LibrarySchema<string, number>;
declare const callable: (() => void) & StandardSchema<unknown, boolean>;

export async function standard(): Promise<void> {
  const users = kv.toSchemaStore(user);
  is<Equal<typeof users, SchemaStore<User>>>();
  const found = await users.get("a");
  is<Equal<typeof found, User | undefined>>();
  await users.set("a", { name: "Ada" });
  const changed = await users.modify("a", (found) => ({ ...found, age: 36 }));
  is<Equal<typeof changed, User | undefined>>();
  await users.modify("a", async (found) => found);
  const rest = [await users.has("a"), await users.isEmpty(), await users.size(), await users.keys()] as const;
  is<Equal<typeof rest, readonly [boolean, boolean, number, string[]]>>();
  await users.remove("a");
  await users.clear();

  const numbers = kv.toSchemaStore(numberOfText);
  is<Equal<typeof numbers, SchemaStore<number>>>();
  const flags = kv.prefix("flags:").toSchemaStore(callable);
  is<Equal<typeof flags, SchemaStore<boolean>>>();
}

export async function codecs(): Promise<void> {
  const dates = kv.toSchemaStore({
    decode: (stored: unknown) => new Date(String(stored)),
    encode: (date: Date) => date.toISOString(),
  });
  is<Equal<typeof dates, SchemaStore<Date>>>();
  const date = await dates.get("a");
  is<Equal<typeof date, Date | undefined>>();
  await dates.set("a", new Date(0));

  const later = kv.toSchemaStore({
    decode: async (stored) => BigInt(String(stored)),
    encode: async (value: bigint) => String(value),
  });
  is<Equal<typeof later, SchemaStore<bigint>>>();
  const codec: Codec<Date> = { decode: (stored) => new Date(String(stored)), encode: (date) => date.getTime() };
  const schema: Schema<Date> = codec;
  is<Equal<ReturnType<typeof kv.toSchemaStore<Date>>, SchemaStore<Date>>>();
  kv.toSchemaStore(schema);
}

export async function json(): Promise<void> {
  const counts = kv.json<{ count: number; tags: string[] }>();
  const found = await counts.get("a");
  is<Equal<typeof found, { count: number; tags: string[] } | undefined>>();
  await counts.set("a", { count: 1, tags: [] });
  const changed = await counts.modify("a", ({ count, tags }) => ({ count: count + 1, tags }));
  is<Equal<typeof changed, { count: number; tags: string[] } | undefined>>();
  const untyped = await kv.json().get("a");
  is<Equal<typeof untyped, unknown>>();
}

export function refused(): void {
  const users = kv.toSchemaStore(user);
  // @ts-expect-error a name is needed
  users.set("a", {});
  // @ts-expect-error what modify gives is a user
  users.modify("a", () => "text");
  // @ts-expect-error a schema store has no bytes
  users.getUint8Array("a");
  // @ts-expect-error a schema store clears all or nothing
  users.clearPrefix("a");
  // @ts-expect-error what is decoded is a number
  kv.toSchemaStore(numberOfText).set("a", "text");
  // @ts-expect-error a codec encodes as well
  kv.toSchemaStore({ decode: () => 1 });
  // @ts-expect-error a schema is needed
  kv.toSchemaStore();
  // @ts-expect-error the two sides of a codec are about one type
  kv.toSchemaStore<Date>({ decode: () => 1, encode: (date: Date) => date });
  // @ts-expect-error a count is a number
  kv.json<{ count: number }>().set("a", { count: "1" });
}
