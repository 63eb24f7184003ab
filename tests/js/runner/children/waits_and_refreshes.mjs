// It ends when nobody awaits anything any more, though the refresher would go on.
import "./limit.mjs";
import { MemoryHost, start } from "../support.mjs";

start.refresh(new MemoryHost(), "lease", 50);
start.wait(200).then(() => console.log("done"));
console.log("waiting");
