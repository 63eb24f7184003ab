// Nobody awaits anything here: the process ends by itself, long before the refresher would write again.
import "./limit.mjs";
import { MemoryHost, start } from "../support.mjs";

start.refresh(new MemoryHost(), "lease", 3_600_000);
console.log("refreshing");
