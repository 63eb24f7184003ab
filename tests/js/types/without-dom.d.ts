// What every platform has, and TypeScript without the DOM does not know.
declare namespace WebAssembly {
  type Module = object;
}
declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
}
interface Response {
  readonly ok: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}
type BufferSource = ArrayBuffer | ArrayBufferView;
interface Storage {
  readonly length: number;
  key(place: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  clear(): void;
}
interface AbortSignal {
  readonly aborted: boolean;
}
