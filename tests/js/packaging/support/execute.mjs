import { execFile } from "node:child_process";
import { basename } from "node:path";

/** Runs a program to its end and resolves with what it said. Rejects when it fails or is not done in time. */
export function execute(program, args, { cwd, env = process.env, seconds = 60 }) {
  const shown = [basename(program), ...args].join(" ");
  return new Promise((resolve, reject) => {
    const limits = { timeout: seconds * 1000, killSignal: "SIGKILL" };
    execFile(program, args, { cwd, env, ...limits }, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const how = error.killed ? `was not done after ${seconds} s` : (error.signal ?? `failed: ${error.code}`);
      reject(new Error(`${shown} ${how}\n${stdout}${stderr}`));
    });
  });
}
