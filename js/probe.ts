import * as glue from "#glue";
import { MemoryHost } from "./hosts/memory.ts";
import { enter } from "./instance.ts";
import { call, Failure } from "./runner.ts";
import { type Context, Scope } from "./scope.ts";

export * from "./index.ts";
export type { Context };
export { call, enter, Failure, glue, MemoryHost, Scope };
