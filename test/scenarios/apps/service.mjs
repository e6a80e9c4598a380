// A Node service. Environment: PORT, MEASURED; COMPUTE=iterations of a key derivation at start; REQUIRE=directory of
// modules to load; CONNECT=host:port; RESOLVE=name; CHILD=command run at start; LINGER=seconds the TERM handler waits.
import { execSync } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import dns from "node:dns/promises";
import { appendFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { join } from "node:path";

const { env } = process;

async function measure(name, step) {
  const began = performance.now();
  await step();
  appendFileSync(env.MEASURED, `${name} ${((performance.now() - began) / 1000).toFixed(6)}\n`);
}

const connected = (peer) =>
  new Promise((resolve) => {
    const [host, port] = peer.split(":");
    const socket = net.connect({ host, port: Number(port) });
    const timer = setTimeout(() => socket.destroy(), 2000);
    socket.on("connect", () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });

if (env.COMPUTE) {
  pbkdf2Sync("secret", "salt", Number(env.COMPUTE), 64, "sha512");
  const { user, system } = process.cpuUsage();
  appendFileSync(env.MEASURED, `compute ${(user + system) / 1e6}\n`);
}
if (env.REQUIRE) {
  const require = createRequire(import.meta.url);
  await measure("require", () => {
    for (const name of readdirSync(env.REQUIRE)) require(join(env.REQUIRE, name));
  });
}
if (env.CHILD) await measure("child", () => execSync(env.CHILD));
if (env.RESOLVE) await measure("resolve", () => dns.lookup(env.RESOLVE).catch(() => {}));
if (env.CONNECT) await measure("connect", () => connected(env.CONNECT));

const server = http.createServer((request, response) => {
  if (request.url === "/stream") response.write("first\n");
  else response.end("ok\n");
  if (request.url === "/end") for (const r of open) r.end();
  if (request.url === "/stream") open.add(response);
});
const open = new Set();
server.listen(Number(env.PORT), "127.0.0.1");

process.on("SIGTERM", () => {
  measure("close", () => new Promise((r) => server.close(r)));
  if (env.LINGER) measure("linger", () => new Promise((r) => setTimeout(r, Number(env.LINGER) * 1000)));
});
