// node child.mjs <contender>[:<how>] <kind> <column> full|quick: measures that one thing and prints it as JSON.
import { clock } from "../clock.mjs";
import { measure, pace } from "../measure.mjs";

const [program, kind, column, mode] = process.argv.slice(2);

const [contender, how] = program.split(":");
const open = (await import(`./contenders/${contender}.mjs`))[kind];
const loops = await open(how);
console.log(JSON.stringify(await measure(loops[column], pace[mode], clock)));
