import * as whole from "durastate";
import * as small from "durastate/browser";
import { program } from "./program.mjs";

// one after the other, since they share a localStorage
globalThis.outcome = program(whole).then(() => program(small));
