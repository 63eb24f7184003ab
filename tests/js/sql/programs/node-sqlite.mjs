// The tests of node:sqlite, for a Node that has it.
import { DatabaseSync } from "node:sqlite";
import * as durastate from "durastate";
import { fromNodeSqlite } from "durastate/sql/node-sqlite";
import { report } from "../reporting.mjs";
import { synchronousTests } from "../suites.mjs";

const given = { durastate, open: () => new DatabaseSync(":memory:"), from: fromNodeSqlite };
const traits = { keepsNul: process.argv[2] !== "without-nul", reopens: true };
await report((test) => synchronousTests({ test, ...given }, traits));
