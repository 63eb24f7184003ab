// The hour that nobody awaits any more must not be waited for.
import "./limit.mjs";
import { start } from "../support.mjs";

const stop = new AbortController();
start.wait(3_600_000, stop.signal).catch(() => console.log("aborted"));
stop.abort();
