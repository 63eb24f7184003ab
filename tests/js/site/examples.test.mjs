// The examples of the guide that need no server.
import { test } from "node:test";
import { runExample } from "../support/examples.mjs";

const { NODE24 } = process.env;

test("files", () => runExample("files.mjs"));
test("SQLite in Node", () => runExample("sqlite.mjs", {}, NODE24));
