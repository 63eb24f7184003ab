import { Failed } from "../../js/build/run.mjs";

const usage = "there are --only <part of a case's name>, --json and --markdown";

/** What the command line asks for: { only, format }. */
export function parsed(flags) {
  const options = { only: "", format: "plain" };
  const rest = [...flags];
  while (rest.length) {
    const flag = rest.shift();
    if (flag === "--only" && rest.length) options.only = rest.shift();
    else if (flag === "--json" || flag === "--markdown") options.format = flag.slice(2);
    else throw new Failed(`${flag} cannot be used like that; ${usage}`);
  }
  return options;
}
