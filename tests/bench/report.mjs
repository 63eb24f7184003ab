// Tables for people: one for each group, which a terminal and Markdown show alike.

const head = `Each number is the median over several processes, which take turns. Where CPU time is what counts, because
other work on a machine inflates wall time, wall time stands in brackets. The last line of a table says how many times
as much the fastest other library takes: below 1, that one is ahead. Floors do less than a key-value store with
promises, and show what it can not go below. Written by \`npm run bench\`.`;

/** Everything as data: what was measured where, and one entry for each case. */
export function json({ mode, machine, groups }) {
  return `${JSON.stringify({ mode, machine, cases: groups.flatMap(({ rows }) => rows) }, null, 2)}\n`;
}

/** Everything as Markdown. */
export function markdown(report) {
  const tables = report.groups.map((group) => `## ${titled(group)}\n\n${table(group)}`);
  return ["# Benchmarks", `${head}\n\n${surroundings(report)}`, ...tables].join("\n\n").concat("\n");
}

/** Everything for a terminal. */
export function plain(report) {
  return [surroundings(report), ...report.groups.map((group) => `${titled(group)}\n\n${table(group)}`)].join("\n\n");
}

function titled({ name, note, unit }) {
  return `${capital(name)} (${unit})\n\n${capital(note)}.`;
}

const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

function surroundings({ mode, machine }) {
  const { cpu, cores, node, chromium } = machine;
  const browser = chromium ? `, Chromium ${chromium}` : "";
  const hasty = mode === "quick" ? " Measured in a hurry: expect a wide spread." : "";
  return `Node ${node}${browser}, ${cores} × ${cpu}.${hasty}`;
}

function table({ columns, rows }) {
  const lines = [["", ...columns]];
  const contenders = rows.map(({ durastate, peers, floors }) => [durastate, ...peers, ...floors]);
  for (const [place, contender] of contenders[0].entries()) {
    lines.push([called(contender), ...contenders.map((row) => cell(row[place]))]);
  }
  lines.push(["fastest other library / durastate", ...rows.map(({ ratio }) => ratio.toFixed(2))]);
  return aligned(lines);
}

function called({ name = "durastate", version, how, floor }) {
  const library = floor && !version ? "" : `${name} ${version}`;
  const parts = [library, how, floor].filter(Boolean).join(", ");
  return floor ? `floor: ${parts}` : parts;
}

function cell({ value, wall }) {
  return wall === undefined ? grouped(value) : `${grouped(value)} (${grouped(wall)})`;
}

const grouped = (number) => number.toLocaleString("en-GB");

function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length), 3));
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const padded = lines.map((line) =>
    row(line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column])))),
  );
  const rule = row(widths.map((width, column) => (column ? `${"-".repeat(width - 1)}:` : "-".repeat(width))));
  return [padded[0], rule, ...padded.slice(1)].join("\n");
}
