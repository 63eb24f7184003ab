import Keyv from "keyv";
import { awaited } from "../workload.mjs";

export const memory = (entries) => awaited(new Keyv(), entries);
