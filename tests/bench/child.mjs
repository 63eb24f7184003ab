// node child.mjs <contender> memory|storage get|set|has full|quick: measures that one thing and prints it as JSON.
import { clock } from "./clock.mjs";
import { measure, pace } from "./measure.mjs";
import { entries, FakeStorage } from "./workload.mjs";

const [contender, kind, verb, mode] = process.argv.slice(2);

const work = entries(8192);
const open = (await import(`./contenders/${contender}.mjs`))[kind];
const loops = await open(work, kind === "storage" ? new FakeStorage() : undefined);
// every value is there, whatever is measured
await loops.set(work.count);
console.log(JSON.stringify(await measure(loops[verb], pace[mode], clock)));
