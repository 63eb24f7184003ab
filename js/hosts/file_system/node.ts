import { Refused } from "../kv/refused.ts";

/** An open file, as `node:fs/promises` gives it. */
export interface FileHandle {
  writeFile(data: string | Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What is used of `node:fs/promises`. */
export interface Files {
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  realpath(path: string): Promise<string>;
  open(path: string, flags: string): Promise<FileHandle>;
  readFile(path: string): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(
    path: string,
    options: { withFileTypes: true },
  ): Promise<Array<{ name: string; isFile(): boolean; isSymbolicLink(): boolean }>>;
  stat(path: string): Promise<{ isFile(): boolean; mtimeMs: number }>;
}

interface Paths {
  resolve(path: string): string;
  join(...parts: string[]): string;
}

interface Process {
  readonly platform: string;
  getBuiltinModule?(name: string): unknown;
}

const found = (globalThis as { process?: Process }).process;

/** Whether directories can be opened, and so flushed to the disk. */
export const flushesDirectories: boolean = found?.platform !== "win32";

/** The file system of Node, Deno and Bun. Asked for when it is needed: bundles for other places would stumble over an import. */
export function files(): Files {
  return builtin("node:fs/promises") as Files;
}

/** How paths are put together here. */
export function paths(): Paths {
  return builtin("node:path") as Paths;
}

function builtin(name: string): unknown {
  const module = found?.getBuiltinModule?.(name);
  if (!module) throw new Refused("there is no file system here");
  return module;
}

/** Gives undefined in the place of what is not there. */
export async function unlessMissing<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    return undefined;
  }
}

/** Whether a file or directory was not there. */
export function isMissing(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | undefined)?.code === "ENOENT";
}
