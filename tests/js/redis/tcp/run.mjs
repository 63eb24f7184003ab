// Runs the program in Node, Deno or Bun: `run.mjs <options as JSON>`.
import { check, checkLoss, checkRefusal } from "./program.mjs";

const [module, given] = (globalThis.Deno?.args ?? globalThis.process.argv.slice(2)).slice(-2);
const { connect } = await import(module);
const { port, tlsPort, ca, free } = JSON.parse(given);

console.log("tcp", await check(connect, { port }));
console.log("RESP3", await check(connect, { port, protocol: 3 }));
console.log("loss", await checkLoss(connect, { port }));
console.log(
  "nobody listens",
  await checkRefusal(connect, { port: free }, /^ConnectionError Redis at .* cannot be reached: ./),
);
console.log("tls", await check(connect, { host: "localhost", port: tlsPort, tls: { ca } }));
console.log("servername", await check(connect, { port: tlsPort, tls: { ca, servername: "localhost" } }));
const untrusted = /^ConnectionError Redis at .* cannot be reached: ./;
console.log(
  "unknown authority",
  await checkRefusal(connect, { host: "localhost", port: tlsPort, tls: true }, untrusted),
);
const other = { port: tlsPort, tls: { ca, servername: "other.example" } };
console.log("another name", await checkRefusal(connect, other, untrusted));
