import { Refused } from "../kv/refused.ts";

/** What file systems allow: a name is one byte for each character here. */
const LONGEST = 255;

/** The name of the file of a key, as Effect names it. */
export function nameOf(key: string): string {
  if (key === "" || key === "." || key === "..") throw new Refused(`"${key}" can not be the name of a file`);
  const name = encodeURIComponent(key);
  if (name.length <= LONGEST) return name;
  throw new Refused(
    `the key is too long for a file: its name would have ${name.length} bytes, and ${LONGEST} is the most`,
  );
}

/** The key whose file has this name; undefined for the files of others. */
export function keyOf(name: string): string | undefined {
  try {
    const key = decodeURIComponent(name);
    return nameOf(key) === name ? key : undefined;
  } catch {
    return undefined;
  }
}

/** What the names of unfinished files begin with: no key has such a name, for "#" is always escaped. */
const UNFINISHED = "#durastate-";

/** A name, which nobody else uses, for a file that is not finished. */
export function unfinishedName(): string {
  return UNFINISHED + crypto.randomUUID();
}

/** Whether this is the name of a file that is not finished, or never will be. */
export function isUnfinished(name: string): boolean {
  return name.startsWith(UNFINISHED);
}
