/** What services talk to in the scenarios: slow, silent and refusing peers on loopback. */
import dgram from "node:dgram";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import http from "node:http";
import net, { connect } from "node:net";
import { sleep } from "../helpers.ts";
import { now, type World, waitUntil } from "./world.ts";

let addresses = 0;

/** An address on loopback that nothing else uses: services can be told apart by it. */
export function address(): string {
  return `127.${20 + (process.pid % 200)}.${1 + (addresses >> 7)}.${1 + (addresses++ & 127)}`;
}

/** A port that drops SYNs: it listens, and its backlog is full. Returns `host:port`. */
export async function fullBacklog(world: World): Promise<{ host: string; port: number }> {
  const host = address();
  const script = `
import socket, sys, time
s = socket.socket(); s.bind((sys.argv[1], 0)); s.listen(0)
held = []
for i in range(4):
    c = socket.socket(); c.setblocking(False); c.connect_ex(s.getsockname()); held.append(c)
time.sleep(0.2)
print(s.getsockname()[1], flush=True)
sys.stdin.read()`;
  const child = world.spawn(["python3", "-c", script, host]);
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return { host, port: Number(line) };
}

/** An HTTP server that answers after `seconds`; `took` is what its last answer took. */
export async function slowHttp(
  world: World,
  seconds: () => number,
): Promise<{ host: string; port: number; asked: number; took: number }> {
  const host = address();
  const server = http.createServer(async (_, response) => {
    state.asked++;
    const began = now();
    await sleep(seconds());
    response.end("late\n");
    state.took = now() - began;
  });
  server.listen(0, host);
  await once(server, "listening");
  const state = { host, port: (server.address() as net.AddressInfo).port, asked: 0, took: 0 };
  world.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}

/** A port that refuses until `open` is called. */
export async function closedPort(
  world: World,
): Promise<{ host: string; port: number; open: () => Promise<void>; close: () => Promise<void> }> {
  const host = address();
  const server = net.createServer((socket) => socket.end());
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  let opened: net.Server | undefined;
  world.defer(() => void opened?.close());
  const close = async () => {
    opened?.close();
    if (opened) await once(opened, "close");
    opened = undefined;
  };
  const open = async () => {
    opened = net.createServer((socket) => socket.end());
    opened.listen(port, host);
    await once(opened, "listening");
  };
  return { host, port, open, close };
}

/**
 * A name server. `answer` gives an address, undefined for "no such name" and "silent" for no answer; `delay` is how
 * long (s) it takes.
 */
export async function nameServer(
  world: World,
  answer: (name: string) => string | undefined,
  delay = 0,
): Promise<{ host: string; asked: string[] }> {
  const host = address();
  const socket = dgram.createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", async (query, from) => {
    const { name, end } = question(query);
    asked.push(name);
    const says = answer(name);
    if (says === "silent") return;
    await sleep(delay);
    const isA = query.readUInt16BE(end - 4) === 1;
    const found = says !== undefined && isA;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(says === undefined ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(found ? 1 : 0, 6);
    header.writeUInt32BE(0, 8);
    const record = found
      ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...says.split(".").map(Number)])
      : Buffer.alloc(0);
    socket.send(Buffer.concat([header, query.subarray(12, end), record]), from.port, from.address);
  });
  socket.bind(53, host);
  await once(socket, "listening");
  world.defer(() => void socket.close());
  return { host, asked };
}

function question(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (query[at] > 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  return { name: labels.join("."), end: at + 5 };
}

/**
 * Restarts the service, which takes the lock on `file` when it starts and holds it until it ends, while a stranger waits
 * for the lock, gets it between the two lifetimes, and keeps it for `seconds` of the service's waiting. `command` takes
 * the lock, says `locked`, and reads a line. Returns how long it kept it from the service.
 */
export async function snatchLock(
  world: World,
  file: string,
  command: readonly string[],
  seconds: number,
): Promise<number> {
  const waiting = () => {
    const { ino } = statSync(file);
    const lines = readFileSync("/proc/locks", "utf8").split("\n");
    return lines.some((l) => l.includes("-> ") && l.includes(`:${ino} `));
  };
  const child = world.spawn(command);
  let said = "";
  child.stdout!.on("data", (d) => (said += d));
  await waitUntil("the stranger waits", waiting);
  let took = 0;
  await world.restart(async () => {
    await waitUntil("the stranger has the lock", () => said.includes("locked"));
    await waitUntil("the service waits", waiting);
    const began = now();
    await sleep(seconds);
    child.stdin!.write("go\n");
    took = now() - began;
  });
  return took;
}

/** The beginning of a command that runs the rest with another /etc/resolv.conf. */
export function withResolver(world: World, lines: readonly string[]): string {
  const conf = world.file("resolv.conf", `${lines.join("\n")}\n`);
  const enter = world.file("enter", `#!/bin/sh\nmount --bind ${conf} /etc/resolv.conf && exec "$@"\n`, 0o755);
  return `unshare -m ${enter}`;
}

/** Whether something accepts connections there. */
export function listening(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, host);
    const done = (ok: boolean) => {
      socket.destroy();
      settle(ok);
    };
    socket.on("connect", () => done(true));
    socket.on("error", () => done(false));
  });
}

/** Body of an HTTP answer, over a connection of its own; rejects on failure. */
export function get(url: string): Promise<string> {
  return new Promise((settle, reject) => {
    const request = http.get(url, { agent: false, headers: { connection: "close" } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (d: string) => {
        body += d;
      });
      response.on("end", () => settle(body));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

export const answers = (url: string): Promise<boolean> =>
  get(url).then(
    () => true,
    () => false,
  );
