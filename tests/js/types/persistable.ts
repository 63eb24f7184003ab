import {
  Codec,
  type Duration,
  type ErrorOf,
  Exit,
  type ExitOf,
  Persistable,
  type PersistableRequest,
  Persistence,
  type Reason,
  type StandardSchema,
  type SuccessOf,
} from "durastate";
import { type Equal, is } from "./equal.js";

const User = Codec.struct({ id: Codec.int, at: Codec.date, nick: Codec.optional(Codec.string) });
type User = Codec.Infer<typeof User>;
const NotFound = Codec.struct({ _tag: Codec.literal("NotFound"), id: Codec.int });
interface NotFound {
  _tag: "NotFound";
  id: number;
}
declare const name: StandardSchema<unknown, string>;

export const GetUser = Persistable.make("GetUser", {
  primaryKey: (request: { id: number; fresh?: boolean }) => `user:${request.id}`,
  success: User,
  error: NotFound,
});
const GetName = Persistable.make("GetName", { primaryKey: ({ id }: { id: number }) => `name:${id}`, success: name });
const Sweep = Persistable.make("Sweep", { primaryKey: () => "sweep" });

export async function requests(): Promise<void> {
  const request = GetUser({ id: 1 });
  is<Equal<typeof request._tag, "GetUser">>();
  is<Equal<typeof request.id, number>>();
  is<Equal<typeof request.fresh, boolean | undefined>>();
  is<Equal<SuccessOf<typeof request>, { id: number; at: Date; nick?: string | undefined }>>();
  is<Equal<ErrorOf<typeof request>, NotFound>>();
  is<Equal<ExitOf<typeof request>, Exit<User, NotFound>>>();
  const made = new GetUser({ id: 1, fresh: true });
  is<Equal<typeof made, typeof request>>();

  is<Equal<SuccessOf<ReturnType<typeof GetName>>, string>>();
  is<Equal<ErrorOf<ReturnType<typeof GetName>>, never>>();
  const sweep = Sweep();
  is<Equal<SuccessOf<typeof sweep>, void>>();
  is<Equal<ErrorOf<typeof sweep>, never>>();
  is<Equal<keyof typeof sweep & string, "_tag">>();

  const any: PersistableRequest[] = [request, sweep, GetName({ id: 1 })];
  const store = await Persistence.memory().make({ storeId: "users", timeToLive: "1 hour" });
  const found = await store.get(request);
  is<Equal<typeof found, Exit<User, NotFound> | undefined>>();
  if (Exit.isSuccess(found)) is<Equal<typeof found.value, User>>();
  if (Exit.isFailure(found)) is<Equal<typeof found.cause, ReadonlyArray<Reason<NotFound>>>>();
  await store.set(request, Exit.succeed({ id: 1, at: new Date() }));
  await store.set(request, Exit.fail({ _tag: "NotFound", id: 1 }));
  await store.set(request, Exit.die(new Error("d")));
  await store.set(sweep, Exit.succeed());
  await store.get(any[0] ?? sweep);
}

export function exits(exit: Exit<number, string>): number {
  is<Equal<ReturnType<typeof Exit.die>, Exit<never, never>>>();
  const one = Exit.succeed(1 as number);
  is<Equal<typeof one, Exit<number, never>>>();
  const wide: Exit<number, string> = one;
  if (Exit.isFailure(wide)) {
    for (const reason of wide.cause) {
      if (reason._tag === "Fail") is<Equal<typeof reason.error, string>>();
      if (reason._tag === "Die") is<Equal<typeof reason.defect, unknown>>();
      if (reason._tag === "Interrupt") is<Equal<typeof reason.fiberId, number | undefined>>();
    }
  }
  return exit._tag === "Success" ? exit.value : exit.cause.length;
}

export const durations: Duration[] = [
  5,
  Number.POSITIVE_INFINITY,
  5n,
  "Infinity",
  "1 second",
  "1.5 hours",
  "20 millis",
  [1, 500],
  { minutes: 1, seconds: 30 },
];

export async function refused(): Promise<void> {
  // @ts-expect-error an id is needed
  GetUser({});
  // @ts-expect-error a payload is needed
  GetUser();
  // @ts-expect-error an id is a number
  new GetUser({ id: "1" });
  // @ts-expect-error there is no such field
  GetUser({ id: 1, name: "Ada" });
  // @ts-expect-error a request does not change
  GetUser({ id: 1 }).id = 2;
  // @ts-expect-error a primary key is a text
  Persistable.make("Get", { primaryKey: () => 5 });
  // @ts-expect-error a primary key is needed
  Persistable.make("Get", { success: User });
  // @ts-expect-error a tag is needed
  Persistable.make({ primaryKey: () => "a" });
  const store = await Persistence.memory().make({ storeId: "users" });
  // @ts-expect-error a user is no text
  await store.set(GetUser({ id: 1 }), Exit.succeed("Ada"));
  // @ts-expect-error there are no such errors
  await store.set(GetName({ id: 1 }), Exit.fail("gone"));
  // @ts-expect-error a copy is no request
  await store.get({ _tag: "GetUser", id: 1 });
  // @ts-expect-error there is no such unit
  durations.push("5 fortnights");
  // @ts-expect-error there is no such part
  durations.push({ secs: 5 });
}
