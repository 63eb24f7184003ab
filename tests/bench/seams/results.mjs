// What was measured of the seams, as plain data: one row for each case.
import { median } from "../measure.mjs";
import { version } from "../peers.mjs";
import { rounded } from "../results.mjs";

/** `results` holds, by column, what the repetitions gave: what each contender took. */
export function rows({ name, contenders, columns }, results) {
  const [durastate, ...others] = contenders;
  return columns.map((column) => {
    const all = results.get(column);
    return {
      case: `${name}: ${column}`,
      unit: "µs per call",
      durastate: { ...named(durastate), ...took(durastate, all) },
      others: others.map((other) => ({ ...named(other), ...took(other, all), ...compared(other, all) })),
    };
  });
}

function named({ package: name, how }) {
  const library = name
    ? { name, version: version(name, "tests/js/clients") }
    : { name: "durastate", version: version("durastate") };
  return { ...library, ...(how && { how }) };
}

function took({ as }, all) {
  const walls = all.map((found) => found[as].wall);
  const spread = all.length > 1 && { min: rounded(Math.min(...walls)), max: rounded(Math.max(...walls)) };
  return { value: rounded(median(walls)), ...spread, cpu: rounded(median(all.map((found) => found[as].cpu))) };
}

/** How many times as much it takes as durastate. */
function compared({ as }, all) {
  const ratio = (what) => rounded(median(all.map((found) => found[as].ratio[what])));
  return { ratio: ratio("wall"), ratioOfCpu: ratio("cpu") };
}
