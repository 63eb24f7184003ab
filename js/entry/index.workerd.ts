import "./wasm.workerd.js";

export * from "./core.js";
