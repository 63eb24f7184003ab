/**
 * unstorage makes ":" of "/" and "\", one ":" of several and none of those at the ends, cuts what follows a "?", takes
 * no "." and ".." between two ":", and hides what ends with "$"; its driver for files takes nothing that ends with "..".
 * Such characters are written as "%" and two digits, "%" itself as well; all other keys are what they are.
 */
export function escapedKey(key: string, flat: boolean): string {
  const parts = key.split(":").map(escapedPart);
  const name = parts.reduce((name, part, at) => {
    const isEdge = flat || parts[at - 1] === "" || part === "";
    return name + (isEdge ? "%3A" : ":") + part;
  });
  return name.replace(/\$$/, "%24");
}

function escapedPart(part: string): string {
  return part.replace(SPECIAL, escaped).replace(/^\.$|\.\.$/, (dots) => `${dots.slice(1)}%2E`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the names of files can not have them
const SPECIAL = /[\u0000-\u001f\u007f%?/\\]/g;

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The key that was escaped to this name; undefined for the names of others. */
export function unescapedKey(name: string, flat: boolean): string | undefined {
  const key = name.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return escapedKey(key, flat) === name ? key : undefined;
}

/** As much of a prefix as unstorage can look for by itself: whole parts before others, with nothing that is escaped. */
export function baseOf(prefix: string): string {
  return /^(?:[\w-]+:)+(?=[\w-])/.exec(prefix)?.[0] ?? "";
}

/** Whether unstorage leaves a key as it is: it would never ask for another one. */
export function isNormal(key: string): boolean {
  return !/[?/\\]|^:|::|:$|(?:^|:)\.\.?(?::|$)/.test(key);
}
