import { quoted } from "./arguments.ts";

/** Where something went wrong with a persisted result. */
export interface PersistedPlace {
  readonly storeId: string;
  /** The method that was called, with its class where that is not `Persistence`. */
  readonly operation: string;
  readonly key?: string | undefined;
}

/** The same in words. */
export function persistedPlace({ storeId, operation, key }: PersistedPlace): string {
  const method = operation.includes(".") ? operation : `Persistence.${operation}`;
  return `${method}${ofKey(key)} in the store ${quoted(storeId, 100)}`;
}

/** The key that something was about, if any. */
export function ofKey(key: string | undefined): string {
  return key === undefined ? "" : ` of key ${quoted(key, 100)}`;
}
