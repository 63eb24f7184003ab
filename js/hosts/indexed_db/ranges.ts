/** The keys that are texts and begin with this prefix; only those after `cursor`, where there is one. */
export function beginningWith(prefix: string, cursor?: string): IDBKeyRange {
  // No key of ours is empty, but somebody else's may be.
  const open = cursor !== undefined || prefix === "";
  return IDBKeyRange.bound(cursor ?? prefix, after(prefix), open, true);
}

/** The least key after all texts that begin with this prefix. Texts are ordered by their code units, and bytes follow them. */
function after(prefix: string): string | Uint8Array<ArrayBuffer> {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const unit = prefix.charCodeAt(last);
    if (unit < 0xffff) return prefix.slice(0, last) + String.fromCharCode(unit + 1);
  }
  return new Uint8Array();
}
