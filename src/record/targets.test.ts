import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { address, SocketTable, search } from "../kernel/sockets.ts";
import { descriptorsIn, sockaddrText } from "./targets.ts";

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
`;
const unix = `Num       RefCount Protocol Flags    Type St Inode Path
00000000aaaa: 00000002 00000000 00010000 0001 01 900 /run/a b.sock
00000000aaaa: 00000003 00000000 00000000 0001 03 901
`;

test("sockets by inode", () => {
  expect(search("tcp", tcp, "4242")).toBe("listen:tcp:0.0.0.0:80");
  expect(search("tcp", tcp, "777")).toBe("tcp:127.0.0.1:5432");
  expect(search("tcp", tcp, "77")).toBeUndefined();
  expect(search("unix", unix, "900")).toBe("listen:unix:/run/a b.sock");
  expect(search("unix", unix, "901")).toBe("unix:[901]");
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
  // of the text that was read for the first
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

test("what printed arguments say", () => {
  expect(
    sockaddrText('3, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("10.0.0.1")}, 16'),
  ).toBe("10.0.0.1:5432");
  expect(sockaddrText('3, {sa_family=AF_UNIX, sun_path="/dev/log"}, 110')).toBe("unix:/dev/log");
  expect(descriptorsIn("poll", "[{fd=3, events=POLLIN}, {fd=4, events=POLLIN}], 2, 5000")).toEqual([3, 4]);
  expect(descriptorsIn("select", "8, [3 7], NULL, NULL, {tv_sec=1, tv_usec=0}")).toEqual([3, 7]);
});
