import { Failed } from "../../js/build/run.mjs";
import { pages } from "./pages.mjs";

const names = pages.map(({ file }) => file);
const usage = `there are --only <part of a case's name>, --page ${names.join(" | ")}, --json and --markdown`;

/** What the command line asks for: { only, page, format }. */
export function parsed(flags) {
  const options = { only: "", page: undefined, format: "plain" };
  const rest = [...flags];
  while (rest.length) {
    const flag = rest.shift();
    if (flag === "--only" && rest.length) options.only = rest.shift();
    else if (flag === "--page" && names.includes(rest[0])) options.page = rest.shift();
    else if (flag === "--json" || flag === "--markdown") options.format = flag.slice(2);
    else throw new Failed(`${flag} cannot be used like that; ${usage}`);
  }
  return options;
}
