import * as glue from "#glue";
import type { Value } from "../../hosts/store.ts";
import { enter } from "../../instance.ts";

/** A value as text: bytes are base64. */
export function asText(value: Value): string {
  return typeof value === "string" ? value : enter(() => glue.key_value_text_of(value));
}

/** Text as bytes: UTF-8, but base64 first where bytes are stored as text (`native` is false). */
export function bytesOf(text: string, native: boolean): Uint8Array {
  return enter(() => glue.key_value_bytes_of(text, native));
}
