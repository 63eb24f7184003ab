import module from "./durastate.wasm?module";
import { isolateRequests, start } from "./start.js";

isolateRequests();
start(module);
