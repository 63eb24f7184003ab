const { KeyValueStore, KeyValueStoreError } = require("durastate");

import("./program.mjs").then(({ program }) => program({ KeyValueStore, KeyValueStoreError })).then(console.log);
