import Keyv from "keyv";
import { HOUR, keyOf, stored, user } from "../workload.mjs";

export function store() {
  const kept = new Keyv({ ttl: HOUR });
  return stored(keyOf, {
    get: (key) => kept.get(key),
    set: (key) => kept.set(key, user),
    getMany: (keys) => kept.getMany(keys),
  });
}
