// Programs that only the system's package manager can bring.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failed, run, step, works } from "./run.mjs";

/** The path of a program on PATH, or undefined. */
export function onPath(program, env = process.env) {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (folder && existsSync(join(folder, program))) return join(folder, program);
  }
}

/** Installs Debian packages, as root or by a sudo that asks no password; otherwise says what to do by hand. */
export async function install(packages, what, expected, byHand = "") {
  const advice = `install it by hand: sudo apt-get install ${packages.join(" ")}${byHand}`;
  if (!onPath("apt-get")) throw new Failed(`${what} is missing and there is no apt-get here; ${advice}`);
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (sudo.length && !(await works("sudo", ["-n", "true"]))) {
    throw new Failed(`${what} is missing, and this is neither root nor a sudo without password; ${advice}`);
  }
  const apt = [
    ...sudo,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Use-Pty=0",
    "-qq",
  ];
  const call = (...args) => run(apt[0], [...apt.slice(1), ...args], { minutes: 15 });
  const add = () => call("install", "-y", "--no-install-recommends", ...packages);
  await step(`installing ${packages.join(", ")}: ${what}`, expected, async () => {
    try {
      await add();
    } catch {
      // the package lists are missing or older than the packages
      await step("fetching the package lists", "10 s", () => call("update"));
      await add();
    }
  });
}
