import "./wasm.edge.js";

export * from "./core.js";
