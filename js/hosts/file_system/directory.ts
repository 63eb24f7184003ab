import { isUnfinished, unfinishedName } from "./names.ts";
import { type Files, files, flushesDirectories, isMissing, paths, unlessMissing } from "./node.ts";
import { Gate, Shared, Turns } from "./turns.ts";

/** How old, in milliseconds, an unfinished file is when nobody works on it any more. */
const ABANDONED = 3_600_000;

/** How many files are open at once: some systems allow a process no more than 256. */
const OPEN_FILES = 64;

const gate = new Gate(OPEN_FILES);

/** The turns of all files, by their paths: everybody in this process shares them. */
const turns = new Turns();

/** A directory whose files are read and replaced whole. */
export class Directory {
  readonly #given: string;
  #home: string | undefined;
  #making: Promise<string> | undefined;
  readonly #flush: Shared;

  constructor(path: string) {
    this.#given = path;
    try {
      // Now: a later change of the working directory must not lead elsewhere.
      this.#path();
    } catch {
      // Where there is no file system, every call says so.
    }
    this.#flush = new Shared(() => flush(files(), this.#path()));
  }

  /** Runs `change` while nobody else in this process changes the file. Makes the directory if it is not there. */
  async alone<T>(name: string, change: () => Promise<T>): Promise<T> {
    const home = await this.#made();
    return turns.take(paths().join(home, name), change);
  }

  /** The bytes of a file, if there is one. */
  read(name: string): Promise<Uint8Array | undefined> {
    return gate.pass(() => unlessMissing(files().readFile(this.#path(name))));
  }

  /** Whether there is such a file. */
  async has(name: string): Promise<boolean> {
    return (await unlessMissing(files().stat(this.#path(name))))?.isFile() === true;
  }

  /** The names of all files. */
  async names(): Promise<string[]> {
    const entries = await unlessMissing(files().readdir(this.#path(), { withFileTypes: true }));
    return (entries ?? []).filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
  }

  /** Puts these bytes in the place of the file. Whatever happens, it holds the old ones or the new ones. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await gate.pass(() => this.#replace(name, bytes));
    } catch (thrown) {
      // Somebody has removed the directory since.
      if (!isMissing(thrown)) throw thrown;
      this.#making = undefined;
      await this.#made();
      await gate.pass(() => this.#replace(name, bytes));
    }
    await this.#flush.after();
  }

  /** Removes the file, if there is one. */
  async remove(name: string): Promise<void> {
    const { unlink } = files();
    const removed = await unlessMissing(unlink(this.#path(name)).then(() => true));
    if (removed) await this.#flush.after();
  }

  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const fs = files();
    const unfinished = this.#path(unfinishedName());
    const file = await fs.open(unfinished, "wx");
    try {
      try {
        await file.writeFile(bytes);
        // Before the file has its name: a crash could leave the name without the bytes.
        await file.sync();
      } finally {
        await file.close();
      }
      await fs.rename(unfinished, this.#path(name));
    } catch (thrown) {
      await fs.unlink(unfinished).catch(() => {});
      throw thrown;
    }
  }

  #path(name?: string): string {
    const { resolve, join } = paths();
    this.#home ??= resolve(this.#given);
    return name === undefined ? this.#home : join(this.#home, name);
  }

  /** The directory by its one true name, made if it is not there, and rid of what crashes have left in it. */
  #made(): Promise<string> {
    this.#making ??= this.#make();
    this.#making.catch(() => {
      // The next one tries again.
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(): Promise<string> {
    const fs = files();
    await fs.mkdir(this.#path(), { recursive: true });
    this.#home = await fs.realpath(this.#path());
    await this.#sweep(fs).catch(() => {});
    return this.#home;
  }

  async #sweep(fs: Files): Promise<void> {
    for (const name of (await this.names()).filter(isUnfinished)) {
      const path = this.#path(name);
      const { mtimeMs } = await fs.stat(path);
      if (Date.now() - mtimeMs > ABANDONED) await fs.unlink(path);
    }
  }
}

/** A new name of a file outlives a loss of power only when the directory is on the disk. */
async function flush(fs: Files, path: string): Promise<void> {
  if (!flushesDirectories) return;
  await gate.pass(async () => {
    const directory = await fs.open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  });
}
