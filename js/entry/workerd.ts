import module from "./durastate.wasm";
import { isolateRequests, start } from "./start.js";

isolateRequests();
start(module);
