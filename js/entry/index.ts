import "./wasm.inline.js";

export * from "./core.js";
