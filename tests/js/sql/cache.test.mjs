// The behaviours of PersistedCache on Persistence.sql and Persistence.sqlMultiTable, on each database that can be run here.
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { cacheContract } from "../contract/cache.mjs";
import { sqlPlace } from "../contract/persistence/places.mjs";
import { databases } from "./databases.mjs";

const timed = (name, run) => test(name, { timeout: 60_000 }, run);

for (const [name, { open }] of Object.entries(databases)) {
  describe(name, () => {
    let opened;
    before(async () => {
      opened = await open();
    });
    after(() => opened?.close());
    for (const multiTable of name.startsWith("SQLite") ? [false, true] : [false]) {
      describe(multiTable ? "Persistence.sqlMultiTable" : "Persistence.sql", () => {
        const place = () => sqlPlace(durastate, opened.host, { multiTable });
        cacheContract({ test: timed, durastate, open: place, traits: { leases: "server" } });
      });
    }
  });
}
