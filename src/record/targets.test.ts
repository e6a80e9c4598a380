import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { Task } from "../capture/event.ts";
import { address, linesOf, SocketTable, socketOf } from "../kernel/sockets.ts";
import { descriptor } from "../syscalls/index.ts";
import { infoOf } from "./call-info.ts";
import { descriptorsIn, sockaddrText, Targets } from "./targets.ts";

test("addresses of /proc/net", () => {
  expect(address("0100007F:1F90")).toBe("127.0.0.1:8080");
  expect(address("00000000000000000000000001000000:0035")).toBe("[::1]:53");
  expect(address("B80D0120000000000000000001000000:0050")).toBe("[2001:db8::1]:80");
  expect(address("0000000000000000FFFF00000100007F:0050")).toBe("127.0.0.1:80");
  expect(address("00000000000000000000000000000000:0000")).toBe("[::]:0");
});

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0
   1: 0100007F:A000 0100007F:1538 02 00000001:00000000 01:00000064 00000000  1000        0 777 2 0 800 7
12345: 0100007F:A002 0100007F:1538 06 00000000:00000000 03:00000F01 00000000     0        0 0 3 0000000000000000
`;
const unix = `Num       RefCount Protocol Flags    Type St Inode Path
00000000aaaa: 00000002 00000000 00010000 0001 01 900 /run/a b.sock
00000000aaaa: 00000003 00000000 00000000 0001 03 901
`;

test("sockets by inode", () => {
  const inet = linesOf("tcp", tcp);
  expect([...inet.keys()]).toEqual(["4242", "777"]);
  expect(socketOf("tcp", inet.get("4242")!)).toBe("listen:tcp:0.0.0.0:80");
  expect(socketOf("tcp", inet.get("777")!)).toBe("tcp:127.0.0.1:5432");
  const local = linesOf("unix", unix);
  expect([...local.keys()]).toEqual(["900", "901"]);
  expect(socketOf("unix", local.get("900")!)).toBe("listen:unix:/run/a b.sock");
  expect(socketOf("unix", local.get("901")!)).toBe("unix:[901]");
});

const inodeOf = (handle: unknown): string => {
  const { fd } = (handle as { _handle: { fd: number } })._handle;
  return /\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${fd}`))![1];
};

test("tables are read no more often than they may be", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const [first, second] = [await client(), await client()];
  const table = new SocketTable();
  const find = (handle: unknown, share: number) => table.find(process.pid, inodeOf(handle), share);
  const peer = `tcp:127.0.0.1:${port}`;
  expect(find(first, 1e-6)).toBe(peer);
  // of the table that was read for the first
  expect(find(second, 1e-6)).toBe(peer);
  expect(find(server, 1e-6)).toBe(`listen:tcp:127.0.0.1:${port}`);
  const third = await client();
  expect(find(third, 1e-6)).toBeUndefined();
  expect(find(third, 1)).toBe(peer);
  // which may have another peer since
  table.forget(inodeOf(second));
  expect(find(second, 1e-6)).toBeUndefined();
  expect(find(second, 1)).toBe(peer);
  const fourth = await client();
  expect(table.find(2 ** 22, inodeOf(fourth))).toBeUndefined();
  for (const s of [first, second, third, fourth]) s.destroy();
  server.close();
});

/** A call of a process, this one, that has ended, and what it is about if it took no time. */
function callOf(
  targets: Targets,
  name: string,
  args: string,
  fd: number,
  ret = 0,
  pid = process.pid,
): string {
  const task = new Task(pid, pid, 0);
  task.call.name = name;
  task.call.descriptor = descriptor(name);
  task.call.args[0] = fd;
  task.call.retLo = ret;
  const info = infoOf(task.call);
  const target = targets.of(task, info, args, 0, 1);
  targets.note(task, info, args);
  return target;
}

test("peers are those calls have told of", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const peer = `tcp:127.0.0.1:${port}`;
  const unused = 1 << 20;
  const from = (p: number) =>
    `3, {sa_family=AF_INET, sin_port=htons(${p}), sin_addr=inet_addr("10.0.0.1")}, [16]`;
  const to = `${fd}, {sa_family=AF_INET, sin_port=htons(99), sin_addr=inet_addr("10.0.0.2")}, 16`;
  const targets = new Targets(1);
  const write = (of: number) => callOf(targets, "write", "", of);
  targets.watch(true, 0);
  callOf(targets, "accept4", from(4000), 3, unused);
  expect(write(unused)).toBe("tcp:10.0.0.1:4000");
  callOf(targets, "close", "", unused);
  expect(write(unused)).toBe("");
  callOf(targets, "accept", from(4001), 3, fd);
  expect(write(fd)).toBe("tcp:10.0.0.1:4001");
  // calls are left out from here on: it may be another socket, and it is
  targets.watch(false, 0);
  expect(write(fd)).toBe(peer);
  targets.watch(true, 0);
  expect(write(fd)).toBe(peer);
  // one that failed, or is not there yet, is known by its inode
  callOf(targets, "connect", to, fd);
  targets.watch(false, 0);
  expect(write(fd)).toBe("tcp:10.0.0.2:99");
  targets.forget(process.pid);
  expect(write(fd)).toBe(peer);
  // told late: what happened until every call was seen may not have been
  targets.watch(true, 1);
  callOf(targets, "accept", from(4002), 3, fd);
  expect(write(fd)).toBe(peer);
  callOf(targets, "connect", to, fd);
  expect(write(fd)).not.toBe("tcp:10.0.0.2:99");
  socket.destroy();
  server.close();
});

test("sockets seen being made are what they were made as, in children, too", () => {
  const targets = new Targets();
  const [fd, child] = [1 << 20, 2 ** 22];
  const to = (port: number) =>
    `3, {sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("10.0.0.1")}, 16`;
  targets.watch(true, 0);
  expect(callOf(targets, "connect", to(53), fd)).toBe("udp:10.0.0.1:53");
  callOf(targets, "socket", "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP", 2, fd);
  expect(callOf(targets, "connect", to(53), fd)).toBe("tcp:10.0.0.1:53");
  callOf(targets, "close", "", fd);
  callOf(targets, "socket", "AF_INET, SOCK_DGRAM, IPPROTO_IP", 2, fd);
  targets.forked(process.pid, child);
  callOf(targets, "close", "", fd);
  expect(callOf(targets, "connect", to(123), fd, 0, child)).toBe("udp:10.0.0.1:123");
  expect(callOf(targets, "connect", to(123), fd)).toBe("tcp:10.0.0.1:123");
});

test("nothing is remembered over a loss", () => {
  const targets = new Targets();
  const fd = 1 << 20;
  targets.watch(true, 0);
  callOf(
    targets,
    "accept4",
    '3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("10.0.0.1")}, [16]',
    3,
    fd,
  );
  expect(callOf(targets, "write", "", fd)).toBe("tcp:10.0.0.1:9");
  targets.missed(1);
  expect(callOf(targets, "write", "", fd)).toBe("");
});

test("what printed arguments say", () => {
  expect(
    sockaddrText('3, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("10.0.0.1")}, 16'),
  ).toBe("10.0.0.1:5432");
  expect(
    sockaddrText(
      '3, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::ffff:10.0.0.1", &sin6_addr)}, [28]',
    ),
  ).toBe("10.0.0.1:80");
  expect(sockaddrText('3, {sa_family=AF_UNIX, sun_path="/dev/log"}, 110')).toBe("unix:/dev/log");
  expect(descriptorsIn("poll", "[{fd=3, events=POLLIN}, {fd=4, events=POLLIN}], 2, 5000")).toEqual([3, 4]);
  expect(descriptorsIn("select", "8, [3 7], NULL, NULL, {tv_sec=1, tv_usec=0}")).toEqual([3, 7]);
});
