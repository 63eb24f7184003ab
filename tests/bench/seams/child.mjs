// node child.mjs <program> <column> full|quick <servers as JSON>: measures all contenders of that program in this one
// process, or counts where it counts, and prints what came out as JSON.
import { interleaved, pace } from "./interleaved.mjs";

const [program, column, mode, servers] = process.argv.slice(2);

const { contenders, counts } = await import(`./programs/${program}.mjs`);
const found = counts ? await counts(JSON.parse(servers)) : await measured(await contenders(JSON.parse(servers)));
console.log(JSON.stringify(found));
// connections would keep it alive
process.exit();

function measured(all) {
  const loops = Object.entries(all).map(([name, verbs]) => [name, verbs[column]]);
  return interleaved(Object.fromEntries(loops), pace[mode]);
}
