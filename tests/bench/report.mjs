// Tables for people: one for each group, which a terminal and Markdown show alike.

/** Everything as data: what was measured where, and one entry for each case. */
export function json(reports) {
  const [{ mode }] = reports;
  const machine = Object.assign({}, ...reports.map((report) => report.machine));
  const cases = reports.flatMap(({ groups }) => groups.flatMap(({ rows }) => rows));
  return `${JSON.stringify({ mode, machine, cases }, null, 2)}\n`;
}

/** Everything as Markdown. */
export function markdown(reports) {
  const document = (report) => [
    `# ${report.title}`,
    `${report.head} Written by \`npm run bench\`.`,
    surroundings(report),
    ...report.groups.map(shown),
  ];
  return reports.flatMap(document).join("\n\n").concat("\n");
}

/** Everything for a terminal. */
export function plain(reports) {
  return reports.flatMap((report) => [surroundings(report), ...report.groups.map(shown)]).join("\n\n");
}

/** A contender, as a table calls it. */
export function called({ name = "durastate", version, how, floor }) {
  const library = floor && !version ? "" : [name, version].filter(Boolean).join(" ");
  const parts = [library, how, floor].filter(Boolean).join(", ");
  return floor ? `floor: ${parts}` : parts;
}

export const grouped = (number) => number.toLocaleString("en-GB");

function shown({ name, note, unit, columns, rows, lines = compared(columns, rows) }) {
  return `## ${titled(name)} (${unit})\n\n${capital(note)}.\n\n${aligned(lines)}`;
}

/** Not what is written as code. */
const titled = (name) => (/^\w+\.\w/.test(name) ? name : capital(name));

const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

function surroundings({ mode, machine }) {
  const { cpu, cores, node, ...programs } = machine;
  const others = Object.entries(programs).map(([name, version]) => `, ${capital(name)} ${version}`);
  const hasty = mode === "quick" ? " Measured in a hurry: expect a wide spread." : "";
  return `Node ${node}${others.join("")}, ${cores} × ${cpu}.${hasty}`;
}

function compared(columns, rows) {
  const contenders = rows.map(({ durastate, peers, floors }) => [durastate, ...peers, ...floors]);
  return [
    ["", ...columns],
    ...contenders[0].map((contender, place) => [called(contender), ...contenders.map((row) => cell(row[place]))]),
    ["fastest other library / durastate", ...rows.map(({ ratio }) => ratio.toFixed(2))],
  ];
}

function cell({ value, wall }) {
  return wall === undefined ? grouped(value) : `${grouped(value)} (${grouped(wall)})`;
}

function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length), 3));
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const padded = lines.map((line) =>
    row(line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column])))),
  );
  const rule = row(widths.map((width, column) => (column ? `${"-".repeat(width - 1)}:` : "-".repeat(width))));
  return [padded[0], rule, ...padded.slice(1)].join("\n");
}
