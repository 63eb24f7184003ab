// The lines of the tables of the seams.
import { called, grouped } from "../report.mjs";

/** One line for each contender, and one for each other than durastate that compares the two. */
export function table(columns, rows) {
  const contenders = rows.map(({ durastate, others }) => [durastate, ...others]);
  const took = contenders[0].map((contender, place) => [
    called(contender),
    ...contenders.map((row) => `${grouped(row[place].value)} (${grouped(row[place].cpu)})`),
  ]);
  const compared = rows[0].others.map((other, place) => [
    `${short(other)} / durastate`,
    ...rows.map(({ others }) => `${others[place].ratio.toFixed(2)} (${others[place].ratioOfCpu.toFixed(2)})`),
  ]);
  return [["", ...columns], ...took, ...compared];
}

const short = ({ name, how }) => [name === "durastate" ? "" : name, how].filter(Boolean).join(" ");
