// The page around key_value.calls.js, which is the code that it shows: what is seen changes only when `watch` tells so.
import { clear, count, entries, remove, set, watch } from "./key_value.calls.js";

const at = (id) => document.getElementById(id);
const inBytes = new TextEncoder();
const rows = new Map();
const kept = 12;

/** Makes a call and shows it, and its error where it has one. */
async function run(shown, call) {
  at("call").textContent = `await ${shown}`;
  at("failure").hidden = true;
  try {
    await call();
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  at("failure").hidden = false;
  at("failure").textContent = `${error.name}: ${error.message}`;
}

/** Long values are shown by their beginning. */
function short(text, length) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function told({ key, value, origin }) {
  const text =
    key === undefined
      ? "everything was removed"
      : value === undefined
        ? `${key} was removed`
        : `${key} = ${short(value, 80)}`;
  const line = element("li", "change");
  const by = element("span", "origin", origin);
  by.dataset.origin = origin;
  line.append(by, ` ${text}`);
  at("changes").prepend(line);
  while (at("changes").childElementCount > kept) at("changes").lastElementChild.remove();
  if (key === undefined) return load();
  if (value === undefined) forget(key);
  else show(key, value, origin);
  summarise();
}

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

/** The row of a key, made where its place in the order is. */
function rowOf(key) {
  const existing = rows.get(key);
  if (existing) return existing;
  const button = element("button", "quiet", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${key}`);
  button.addEventListener("click", () => run(`kv.remove(${JSON.stringify(key)})`, () => remove(key)));
  const cells = {
    stored: element("code", "stored"),
    bytes: element("span", "faint"),
    origin: element("span", "origin"),
  };
  const item = element("li", "entry");
  item.append(element("strong", "key", key), ...Object.values(cells), button);
  const next = [...rows.keys()].filter((other) => other > key).sort()[0];
  at("entries").insertBefore(item, rows.get(next)?.item ?? null);
  const row = { item, cells, bytes: 0 };
  rows.set(key, row);
  return row;
}

function show(key, value, origin) {
  const row = rowOf(key);
  row.bytes = inBytes.encode(value).length;
  row.cells.stored.textContent = short(value, 120);
  row.cells.bytes.textContent = counted(row.bytes, "byte");
  row.cells.origin.textContent = origin ?? "";
  if (origin) row.cells.origin.dataset.origin = origin;
  if (key === "count") at("count").textContent = value;
}

function counted(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function forget(key) {
  const row = rows.get(key);
  if (!row) return;
  rows.delete(key);
  if (row.item.contains(document.activeElement)) focusNear(row.item);
  row.item.remove();
  if (key === "count") at("count").textContent = "0";
}

/** Whoever removes by keyboard goes on from where the row was. */
function focusNear(item) {
  const near = item.nextElementSibling ?? item.previousElementSibling;
  (near?.querySelector("button") ?? at("key")).focus();
}

function summarise() {
  const bytes = [...rows.values()].reduce((sum, row) => sum + row.bytes, 0);
  const entries = rows.size === 1 ? "1 entry" : `${rows.size} entries`;
  at("total").textContent = rows.size ? `${entries}, ${counted(bytes, "byte")} of values` : "Nothing is stored";
  at("clear").disabled = rows.size === 0;
}

async function load() {
  try {
    const found = await entries();
    const keys = new Set(found.map(([key]) => key));
    for (const key of [...rows.keys()]) if (!keys.has(key)) forget(key);
    for (const [key, value] of found) if (value !== undefined) show(key, value);
    if (!keys.has("count")) at("count").textContent = "0";
    summarise();
  } catch (error) {
    fail(error);
  }
}

at("add").addEventListener("click", () => run("count()", count));

at("set").addEventListener("submit", (event) => {
  event.preventDefault();
  const [key, text] = [at("key").value, at("value").value];
  const written = JSON.stringify(text);
  if (at("bytes").checked) {
    run(`kv.set(${JSON.stringify(key)}, new TextEncoder().encode(${written}))`, () => set(key, inBytes.encode(text)));
  } else {
    run(`kv.set(${JSON.stringify(key)}, ${written})`, () => set(key, text));
  }
});

at("fill").addEventListener("click", () =>
  run('kv.set("too large", "x".repeat(20_000_000))', () => set("too large", "x".repeat(20_000_000))),
);

at("clear").addEventListener("click", () => run("kv.clear()", clear));

// a page that comes back from the browser's cache has heard nothing while it was there
addEventListener("pageshow", (event) => event.persisted && load());

try {
  watch(told);
} catch (error) {
  fail(error);
}
await load();
const source = await fetch(new URL("key_value.calls.js", import.meta.url));
at("code").textContent = (await source.text()).replace("../dist/index.js", "durastate").trim();
