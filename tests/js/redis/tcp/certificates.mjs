// Certificates for one test: an authority of its own, and a server's for localhost.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = promisify(execFile).bind(undefined, process.env.OPENSSL ?? "openssl");

/** Writes them to a folder; gives what redis-server needs to know, and the authority's certificate. */
export async function certificates(folder) {
  const path = (name) => join(folder, name);
  const key = (name) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path(name)];
  const authority = ["-subj", "/CN=an authority of this test", "-days", "2", "-out", path("ca.crt")];
  const constraints = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
  await openssl(["req", "-x509", ...key("ca.key"), ...authority, ...constraints]);
  await openssl(["req", "-new", ...key("server.key"), "-subj", "/CN=localhost", "-out", path("server.csr")]);
  writeFileSync(path("server.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
  const signed = ["-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2"];
  const server = ["-in", path("server.csr"), "-extfile", path("server.ext"), "-out", path("server.crt")];
  await openssl(["x509", "-req", ...signed, ...server]);
  const args = ["--tls-cert-file", path("server.crt"), "--tls-key-file", path("server.key")];
  return { args: [...args, "--tls-ca-cert-file", path("ca.crt")], ca: readFileSync(path("ca.crt"), "utf8"), path };
}
