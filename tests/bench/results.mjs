// What was measured, as plain data: one row for each case.
import { median } from "./measure.mjs";
import { version } from "./peers.mjs";

/** `results` holds, by contender and column, what the repetitions gave. */
export function rowsOf(group, results) {
  return group.columns.map((column) => {
    const [durastate, ...others] = group.contenders.map((contender) => ({
      ...named(contender),
      ...summary(results.get(contender)[column]),
    }));
    const isFloor = ({ floor }) => floor !== undefined;
    const peers = others.filter((other) => !isFloor(other));
    const fastest = Math.min(...peers.map(({ value }) => value));
    return {
      case: `${group.name}: ${column}`,
      unit: group.unit,
      durastate,
      peers,
      floors: others.filter(isFloor),
      ratio: rounded(fastest / durastate.value),
    };
  });
}

function named({ program, package: name, how, floor }) {
  if (program === "durastate") return { version: version("durastate") };
  return { ...(name && { name, version: version(name) }), ...(how && { how }), ...(floor && { floor }) };
}

function summary(all) {
  const values = all.map(({ value }) => value);
  const summed = { value: rounded(median(values)) };
  if (all.length > 1) Object.assign(summed, { min: rounded(Math.min(...values)), max: rounded(Math.max(...values)) });
  if (all[0].wall !== undefined) summed.wall = rounded(median(all.map(({ wall }) => wall)));
  return summed;
}

/** To three digits: no more are true. */
export function rounded(number) {
  return Number.isInteger(number) ? number : Number(number.toPrecision(3));
}
