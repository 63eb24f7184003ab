// Parts of the package that it does not export, made of their sources.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a source file exports; its classes are other ones than those of the package. */
export async function source(path) {
  const folder = mkdtempSync(join(tmpdir(), "durastate-source-"));
  try {
    const outfile = join(folder, "source.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: [path],
      outfile,
      bundle: true,
      format: "esm",
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
