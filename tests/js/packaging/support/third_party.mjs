import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../node_modules", import.meta.url));

/** The path of a program that tests/js/packaging/package.json brings. */
export const program = (name) => join(folder, ".bin", name);
