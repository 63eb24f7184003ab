import { start } from "./start.js";
import hex from "./wasm.hex.js";

start(new WebAssembly.Module(decoded(hex) as Uint8Array<ArrayBuffer>));

/** Hex, because compressors see the bytes through it; a loop where the runtime has nothing faster. */
function decoded(hex: string): Uint8Array {
  const native = Uint8Array as { fromHex?(hex: string): Uint8Array };
  if (native.fromHex) return native.fromHex(hex);
  // Not `Buffer` by its bare name: some bundlers would bring one along.
  const { Buffer } = globalThis as { Buffer?: { from(hex: string, encoding: "hex"): Uint8Array } };
  if (Buffer) return Buffer.from(hex, "hex");
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(hex, 2 * i) << 4) | digit(hex, 2 * i + 1);
  return bytes;
}

function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}
