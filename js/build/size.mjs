// npm run size: how large the package is, built in full if it is not.
import { buildIfStale } from "./build.mjs";
import { main } from "./run.mjs";
import { table } from "./sizes.mjs";

await main(async () => console.log(table((await buildIfStale()).sizes)));
