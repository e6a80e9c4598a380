/** Addresses, options and messages of sockets of every family, beside strace. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesOf, recognisable, type Seen, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const [SOCKET, CONNECT, SENDTO, RECVFROM, SENDMSG, RECVMSG, BIND, GETSOCKNAME] = [
  41, 42, 44, 45, 46, 47, 49, 51,
];
const [SOCKETPAIR, SETSOCKOPT, GETSOCKOPT, ACCEPT4, RECVMMSG, SENDMMSG] = [53, 54, 55, 288, 299, 307];
const some = (found: readonly Seen[]) => found.slice(0, Number(process.env.SHOW ?? 5));

const ipv6 = (text: string) => Buffer.from(text.replace(/:/g, ""), "hex");

/** One address of each family whose parts strace shows. */
const addresses: readonly Buffer[] = [
  struct().u16(1).text("/run/socket\0rest").done(),
  struct().u16(1).text("/run/full").done(),
  struct().u16(1).text("\0abstract\0name").done(),
  struct().u16(1).text("\0").done(),
  struct().u16(1).text("p".repeat(126)).done(),
  struct().u16(2).be16(80).u8(127, 0, 0, 1).pad(16).done(),
  struct().u16(2).be16(80).u8(127, 0).done(),
  struct().u16(10).be16(443).u8(0, 1, 2, 3).raw(ipv6("20010db8000000000000000000000001")).u32(5).done(),
  struct().u16(10).be16(443).u32(0).raw(ipv6("fe800000000000000000000000000001")).u32(1).done(),
  struct().u16(10).be16(443).u32(0).raw(ipv6("ff020000000000000000000000000001")).u32(1).done(),
  struct().u16(10).be16(443).u32(0).raw(ipv6("00000000000000000000ffff7f000001")).done(),
  struct().u16(10).be16(443).u32(0).raw(ipv6("0000000000000000000000007f000001")).u32(7).done(),
  struct().u16(10).be16(443).u32(0).raw(ipv6("00000000000000000000000000000000")).u32(0).done(),
  struct().u16(10).be16(1).u32(0).raw(ipv6("00010000000200030000000000040005")).u32(0).done(),
  struct().u16(3).text("\x96\x60\x82\x84\x86\x40\x0e").pad(12).u32(0).done(),
  struct()
    .u16(3)
    .text("\x96\x60\x82\x84\x86\x40\x1e")
    .pad(12)
    .u32(2)
    .text("\x96\x60\x82\x84\x86\x40\x02\x97\x60\x82\x84\x86\x40\x0e")
    .done(),
  struct()
    .u16(3)
    .text("\x01\x60\x82\x84\x86\x40\x0e")
    .pad(12)
    .u32(9)
    .text("\x96\x60\x82\x84\x86\x40\x02")
    .done(),
  struct().u16(4).be16(0x451).u8(1, 2, 3, 4).u8(0, 1, 2, 0x30, 0xff, 9).u8(4, 0).done(),
  struct().u16(4).be16(0x451).u32(0).u8(0, 0, 0, 0, 0, 0).u8(0, 7).done(),
  struct().u16(9).text("12345678", 16).done(),
  struct().u16(9).text("1".repeat(16)).done(),
  struct().u16(16).u16(0).u32(1234, 0).done(),
  struct().u16(16).u16(7).u32(1, 0x42).done(),
  struct().u16(17).be16(0x800).u32(1).u16(1).u8(0, 6, 2, 0, 0x5e, 1, 2, 3, 0, 0).done(),
  struct().u16(17).be16(3).u32(7).u16(772).u8(4, 0).pad(20).done(),
  struct().u16(17).be16(0x1234).u32(7).u16(60000).u8(77, 200).pad(20).done(),
  struct().u16(31).u16(1).done(),
  struct().u16(31).u16(1).u16(3).done(),
  struct().u16(31).u16(1).u16(77).done(),
  struct().u16(31).u8(1, 2, 3, 4, 5, 0xff).done(),
  struct().u16(31).u8(1, 2, 3, 4, 5, 0xff).u8(7, 0).done(),
  struct().u16(31).u16(1).u8(1, 2, 3, 4, 5, 6).u16(0x40).done(),
  struct().u16(31).u16(0x1005).u8(1, 2, 3, 4, 5, 6).u16(0x45).u8(1, 0).done(),
  struct().u16(31).u16(0x85).u8(1, 2, 3, 4, 5, 6).u16(4).u8(9, 0).done(),
  struct().u16(31).u16(0x50).u8(1, 2, 3, 4, 5, 6).u16(0x10).u8(2, 0).done(),
  struct().u16(31).u8(1, 2, 3, 4, 5).done(),
  struct().u16(33).u16(1, 2, 16, 2).be16(7001).u8(10, 0, 0, 1).pad(36).done(),
  struct()
    .u16(33)
    .u16(5, 2, 28, 10)
    .be16(7001)
    .u32(0)
    .raw(ipv6("20010db8000000000000000000000001"))
    .u32(0)
    .done(),
  struct().u16(33).u16(2500, 1, 9, 2).raw(recognisable(26)).done(),
  struct().u16(33).u16(2500, 9, 40, 77).raw(recognisable(26)).done(),
  ...[0, 1, 2, 3].map((kind) =>
    struct().u16(36).u16(0).u32(kind).u16(0xffff).u16(0xfffe).raw(recognisable(6)).pad(20).done(),
  ),
  struct().u16(36).u16(0).u32(1).u16(5).u16(77).pad(20).done(),
  struct().u16(38).text("hash", 14).u32(0, 0).text("sha256\0").done(),
  struct().u16(38).text("skcipher-longer").pad(16).u32(0x1000, 0x1003).text("cbc(aes)").done(),
  struct().u16(38).text("skcipher-longer").pad(16).u32(7, 0).done(),
  struct().u16(39).u16(0).u32(1, 2, 3).done(),
  struct().u16(39).u16(0).u32(1, 2, 9).u32(5).done(),
  struct().u16(39).u16(0).u32(1, 2, 5).u8(1, 4).text("service", 63).pad(88).u64(7).done(),
  struct()
    .u16(39)
    .u16(0)
    .u32(1, 2, 5)
    .u8(9, 64)
    .text("service", 63)
    .pad(88)
    .u64(1n << 40n)
    .done(),
  struct().u16(40).u16(0).u32(1234, 2).pad(16).done(),
  struct().u16(40).u16(5).u32(0xffffffff, 0xffffffff).u8(3, 1, 2, 3).done(),
  struct().u16(40).u16(0).u32(1, 77).u8(1).pad(16).done(),
  struct().u16(42).u16(0).u32(0xffffffff, 0xfffffffe).done(),
  struct().u16(42).u16(0).u32(3, 4).done(),
  struct().u16(44).u16(1).u32(1, 2, 3).done(),
  struct().u16(44).u16(0x1e).u32(77, 2, 3).done(),
  struct().u16(44).u16(0).u32(0, 0, 0).done(),
  struct().u16(45).u16(0).u32(0).u8(0, 1, 2, 0).done(),
  struct().u16(45).u16(6).u32(9).u8(255, 1, 2, 5).done(),
  struct().u16(29).u16(0).raw(recognisable(20)).done(),
  struct().u16(200).raw(recognisable(14)).done(),
];

test(...needs("an address of each family, whole, cut short and too long", peers), () => {
  const script = new Script();
  const room = script.at(struct().u32(128, 16, 3, 0).done());
  for (const address of addresses) {
    const at = script.at(address);
    script.call(CONNECT, -1, at, address.length);
    script.call(BIND, -1, at, address.length - 1);
    script.call(SENDTO, -1, 0, 0, 0, at, address.length + 5);
    script.call(GETSOCKNAME, -1, at, room + 4);
  }
  const at = script.at(addresses[5]);
  for (const length of [-1, 0, 1, 2, 3, 200, 1n << 32n]) script.call(CONNECT, -1, at, length);
  for (const p of [0, 3, script.end, script.end - 8]) {
    script.call(CONNECT, -1, p, 16);
    script.call(GETSOCKNAME, -1, at, p);
    script.call(ACCEPT4, -1, at, p, 0o2004000);
    script.call(RECVFROM, -1, at, 4, 0x40, at, p);
  }
  for (const p of [room, room + 4, room + 8, room + 12]) script.call(ACCEPT4, -1, at, p, 7);
  const found = differencesOf(script).filter(
    // strace puts a comment into a comment
    (d) => !/0x1001 \/\* 0x1001|0x1005 \/\* 0x1001|0x85 \/\* 0x80/.test(d.strace),
  );
  expect(some(found)).toEqual([]);
});

test(...needs("types and protocols of sockets", peers), () => {
  const script = new Script();
  const two = script.at(struct().u32(3, 4).done());
  for (let family = 0; family < 47; family++) {
    for (const protocol of [0, 1, 2, 5, 6, 17, 35, 207, 0x300, 0x0800, -1])
      script.call(SOCKET, family, 2, protocol);
    script.call(SOCKETPAIR, family, 0o2004001, 3, two);
  }
  for (const kind of [0, 3, 5, 9, 0o2000001, 0o2000007, 0x10, 0x80000012, -1])
    script.call(SOCKET, 2, kind, 6);
  expect(some(differencesOf(script))).toEqual([]);
});

test(...needs("options of every level", peers), () => {
  const script = new Script();
  const values = script.at(recognisable(128));
  const lengths = [0, 1, 3, 4, 8, 12, 16, 20, 40, 136, 1000, -1].map((n) => [
    n,
    script.at(struct().u32(n).done()),
  ]);
  const levels = [
    0,
    1,
    2,
    6,
    17,
    40,
    41,
    58,
    100,
    101,
    132,
    136,
    255,
    ...Array.from({ length: 28 }, (_, i) => 256 + i),
  ];
  // 284 is SOL_MPTCP, which is newer than Debian's strace
  for (const level of levels) {
    for (let name = 0; name < 140; name++) {
      script.call(SETSOCKOPT, -1, level, name, values, 4);
      script.call(GETSOCKOPT, -1, level, name, values, lengths[3][1]);
    }
    for (const name of [1152, 1155, 1159, 1167, 1170, 10000, 10010, 0x80000001, -1]) {
      script.call(SETSOCKOPT, -1, level, name, values, 4);
      script.call(GETSOCKOPT, -1, level, name, values, lengths[3][1]);
    }
  }
  expect(some(differencesOf(script, [[], ["-X", "verbose"]]))).toEqual([]);
  const pairs = [
    ...[1, 3, 4, 13, 17, 26, 29, 30, 31, 37, 50, 51, 68, 74, 75].map((name) => [1, name]),
    ...[1, 25, 35, 36, 42, 45, 49].map((name) => [0, name]),
    ...[16, 20, 21, 27, 42, 45, 46].map((name) => [41, name]),
    ...[1, 2, 5, 6, 13, 18].map((name) => [263, name]),
    ...[11, 13, 31].map((name) => [6, name]),
    [255, 1],
    ...[1, 6, 9].map((name) => [270, name]),
    [77, 5],
  ];
  const second = new Script();
  const pointers = [
    second.at(recognisable(200)),
    second.at(new Uint8Array(200)),
    second.at(struct().u32(1, 5).u16(2).be16(9).u8(1, 2, 3, 4).done()),
    second.at(struct().u32(1).u16(0, 6).u8(1, 2, 3, 4, 5, 6, 7, 8).done()),
    second.at(struct().u32(5).u16(1, 60).u8(1, 2, 3, 4, 5, 6, 7, 8).done()),
    second.at(struct().u32(0xffff0001).done()),
    0,
    3,
    second.end + 8192,
  ];
  const sizes = [0, 3, 4, 8, 10, 16, 20, 136, -1].map((n) => [n, second.at(struct().u32(n).done())]);
  for (const [level, name] of pairs) {
    for (const p of pointers)
      for (const [size, at] of sizes) {
        second.call(SETSOCKOPT, -1, level, name, p, size);
        second.call(GETSOCKOPT, -1, level, name, p, at);
      }
    second.call(GETSOCKOPT, -1, level, name, pointers[0], 0);
    second.call(GETSOCKOPT, -1, level, name, pointers[0], 3);
  }
  const found = differencesOf(second).filter(
    // strace shows what its buffer has had before, or what is behind the struct
    (d) => !/mr_alen=(0|9|\d{2,}),/.test(d.strace),
  );
  expect(some(found)).toEqual([]);
});

test(...needs("socket filters", peers), () => {
  const script = new Script();
  const program = struct();
  for (let code = 0; code < 0x108; code++)
    program
      .u16(code)
      .u8(code & 1 ? 0 : 1, code & 3)
      .u32(code * 3);
  program
    .u16(0x20, 0)
    .u32(0xfffff000)
    .u16(0x28, 0)
    .u32(0xfffff010)
    .u16(0x30, 0)
    .u32(0xfff00004)
    .u16(0x20, 0)
    .u32(0xffe00009)
    .u16(0x20, 0)
    .u32(0xffefffff)
    .u16(0x20, 0)
    .u32(0xfffffff0);
  const bytes = program.done();
  const at = script.at(bytes);
  for (let i = 0; i < bytes.length / 8; i += 16) {
    const fprog = script.at(
      struct()
        .u16(16)
        .pad(8)
        .u64(at + 8 * i)
        .done(),
    );
    script.call(SETSOCKOPT, -1, 1, 26, fprog, 16);
    script.call(SETSOCKOPT, -1, 1, 51, fprog, 16);
  }
  for (const [count, p] of [
    [0, at],
    [5, 0],
    [5, 3],
    [60000, at],
    [40, at],
  ]) {
    const fprog = script.at(struct().u16(count).pad(8).u64(p).done());
    script.call(SETSOCKOPT, -1, 1, 26, fprog, 16);
    script.call(SETSOCKOPT, -1, 1, 26, fprog, 15);
    script.call(GETSOCKOPT, -1, 1, 26, p, script.at(struct().u32(count).done()));
  }
  expect(some(differencesOf(script))).toEqual([]);
});

/** A struct cmsghdr with its content. */
const cmsg = (level: number, type: number, data: Uint8Array, length = 16 + data.length) =>
  struct().u64(length).u32(level, type).raw(data).done();
const padded = (bytes: Buffer) =>
  struct()
    .raw(bytes)
    .pad(Math.ceil(bytes.length / 8) * 8)
    .done();

test(...needs("messages and what comes with them", peers), () => {
  const script = new Script();
  const data = script.at(Buffer.from("some data to send, longer than strace shows"));
  const vector = script.at(struct().u64(data, 9, data, 43).done());
  const name = script.at(addresses[5]);
  const header = (
    control: number,
    length: number,
    more: { vectors?: number; flags?: number; name?: number; namelen?: number } = {},
  ) =>
    script.at(
      struct()
        .u64(more.name ?? name)
        .u32(more.namelen ?? 16, 0)
        .u64(vector, more.vectors ?? 2, control, length)
        .u32(more.flags ?? 0x40, 0)
        .done(),
    );
  const both = (at: number) => {
    script.call(SENDMSG, -1, at, 0x4000);
    script.call(RECVMSG, -1, at, 0x40000040);
  };
  const contents: Buffer[] = [];
  for (const size of [0, 1, 4, 5, 12, 16, 32, 48, 150]) {
    // 4 is SCM_PIDFD, which is newer than Debian's strace
    for (const type of [1, 2, 3, 5, 29, 35, 37, 41, 54, 58, 61, 63, 64, 65, 66])
      contents.push(cmsg(1, type, recognisable(size)));
    for (const type of [0, 1, 2, 3, 4, 6, 7, 8, 11, 20, 23, 24])
      contents.push(cmsg(0, type, recognisable(size)));
    contents.push(
      cmsg(41, 2, recognisable(size)),
      cmsg(263, 8, recognisable(size)),
      cmsg(77, 1, recognisable(size)),
    );
  }
  contents.push(
    cmsg(0, 11, struct().u32(111).u8(2, 3, 1, 0).u32(5, 6).raw(addresses[5]).done()),
    cmsg(0, 11, struct().u32(0).u8(0, 0, 0, 0).u32(0, 0).pad(32).done()),
    cmsg(0, 20, addresses[5]),
    cmsg(0, 8, struct().u32(1).u8(10, 0, 0, 1, 10, 0, 0, 2).done()),
    cmsg(1, 2, struct().u32(5, 0xffffffff, 7).done()),
  );
  for (const c of contents) both(header(script.at(padded(c)), c.length));
  const two = Buffer.concat([
    padded(contents[0]),
    padded(cmsg(1, 1, struct().u32(3, 4, 5).done())),
    padded(cmsg(0, 2, struct().u32(64).done())),
  ]);
  const at = script.at(two);
  for (let length = 0; length <= two.length + 8; length += 3) both(header(at, length));
  for (const length of [0, 3, 15, 16, 17, 1000, 0xffffffff, 1n << 40n]) {
    const odd = script.at(cmsg(1, 1, struct().u32(3, 4).done(), Number(length)));
    both(header(odd, 24));
    both(header(odd, 40));
  }
  for (const p of [0, 3]) for (const length of [1, 16, 64]) both(header(p, length));
  both(header(script.at(new Uint8Array(16)), 1 << 20));
  for (const vectors of [0, 1, 3, 2000]) both(header(0, 0, { vectors }));
  both(header(0, 0, { flags: -1 }));
  both(header(0, 0, { name: 0, namelen: 0 }));
  both(header(0, 0, { name: 3, namelen: 0x7fffffff }));
  both(header(0, 0, { namelen: -1 }));
  for (const p of [0, 3, script.end + 4096]) both(p);
  expect(some(differencesOf(script))).toEqual([]);
});

test(...needs("many messages at once", peers), () => {
  const script = new Script();
  const data = script.at(Buffer.from("some data to send, longer than strace shows"));
  const vector = script.at(struct().u64(data, 9, data, 43).done());
  const name = script.at(addresses[5]);
  const messages = struct();
  for (let i = 0; i < 40; i++)
    messages
      .u64(name)
      .u32(16 + i, 0)
      .u64(vector, 2, 0, 0)
      .u32(0, 0)
      .u32(7 * i, 0);
  const at = script.at(messages.done());
  const timeout = script.at(struct().u64(3, 4000).done());
  for (const count of [0, 1, 3, 40, 41, 2000, -1])
    for (const p of [at, 0, 3, script.end + 4096 - 100]) {
      script.call(SENDMMSG, -1, p, count, 0x40);
      script.call(RECVMMSG, -1, p, count, 0x10000, timeout);
      script.call(RECVMMSG, -1, p, count, 0, 0);
    }
  script.call(RECVMMSG, -1, at, 1, 0, 3);
  expect(some(differencesOf(script))).toEqual([]);
});
