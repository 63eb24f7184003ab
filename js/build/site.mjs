// The site: www with its guide rendered, and dist. It lies in target/site, and any static host can serve that folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { buildIfStale } from "./build.mjs";
import { main, root } from "./run.mjs";
import { nodeModules } from "./setup.mjs";

const folder = join(root, "target/site");
const frame = "guide/page.html";

/** Writes the site and resolves with its files, by their paths in it. Needs dist and the development packages. */
export async function writeSite() {
  const files = await site();
  for (const name of namesIn(folder)) if (!files.has(name)) rmSync(join(folder, name), { force: true });
  for (const [name, body] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), body);
  }
  return files;
}

async function site() {
  const [www, dist] = [join(root, "www"), join(root, "dist")];
  const files = new Map();
  const page = readFileSync(join(www, frame), "utf8");
  for (const name of namesIn(www)) {
    const body = readFileSync(join(www, name));
    if (name.endsWith(".md")) {
      const parts = await rendered(body.toString());
      const html = page.replace(/\{\{(title|contents|text)\}\}/g, (_, part) => parts[part]);
      files.set(name.replace(/\.md$/, ".html"), Buffer.from(html));
    } else if (name !== frame) {
      files.set(name, body);
    }
  }
  for (const name of namesIn(dist)) {
    if (!name.endsWith(".d.ts")) files.set(`dist/${name}`, readFileSync(join(dist, name)));
  }
  return files;
}

/** The files of a folder and below, with slashes in their names on every system. */
function namesIn(path) {
  const names = existsSync(path) ? readdirSync(path, { recursive: true }) : [];
  return names.filter((name) => statSync(join(path, name)).isFile()).map((name) => name.replaceAll(sep, "/"));
}

/** A page of the guide as HTML: its title, a list of links to its sections, and its text. */
async function rendered(markdown) {
  const { Marked } = await import("marked");
  const sections = [];
  let title = "";
  const renderer = {
    heading({ tokens, depth, text }) {
      const html = this.parser.parseInline(tokens);
      const id = slug(text);
      if (depth === 1) title = html;
      if (depth === 2) sections.push(`<li><a href="#${id}">${html}</a></li>`);
      return `<h${depth} id="${id}">${html}</h${depth}>\n`;
    },
  };
  const marked = new Marked({
    renderer,
    walkTokens(token) {
      if (token.type === "link") token.href = token.href.replace(/^([\w/.-]+)\.md(?=#|$)/, "$1.html");
    },
    hooks: {
      // a table may be wider than a phone
      postprocess: (html) =>
        html.replaceAll("<table>", '<div class="scroll"><table>').replaceAll("</table>", "</table></div>"),
    },
  });
  const text = await marked.parse(markdown);
  return { title, contents: sections.join("\n"), text };
}

/** The name of a heading in links, the same as on GitHub. */
function slug(text) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(async () => {
    await nodeModules();
    await buildIfStale();
    const files = await writeSite();
    console.log(`${files.size} files in target/site`);
  });
}
