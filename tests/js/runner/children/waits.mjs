// Somebody awaits: the process must not end before. No `await` at the top level, which would tell in its own way.
import "./limit.mjs";
import { start } from "../support.mjs";

start.wait(200).then(() => console.log("done"));
console.log("waiting");
