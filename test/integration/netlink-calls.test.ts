/** Netlink messages of every family with every attribute, beside strace: replay-calls.c has a socket of each family. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesOf, recognisable, some, struct } from "../differential/structs.ts";
import { lacks, long, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const SENDTO = 44;
/** Descriptor of the socket of family 0. */
const FIRST = 100;
const [ROUTE, SOCK_DIAG, NETFILTER, KOBJECT_UEVENT] = [0, 4, 12, 15];
const views = long ? [["-v", "-s", "4096"], []] : [["-v", "-s", "4096"]];
/** How numbers with names and strings can look. */
const spellings = [["-v", "-X", "raw"], ["-v", "-X", "verbose"], ["-xx"], ["-x", "-s", "4"]];

const message = (type: number, payload: Uint8Array, flags = 1, pid = 0) =>
  struct()
    .u32(16 + payload.length)
    .u16(type, flags)
    .u32(7, pid)
    .raw(payload)
    .done();
const attribute = (type: number, payload: Uint8Array) => {
  const length = 4 + payload.length;
  return struct()
    .u16(length, type)
    .raw(payload)
    .pad((length + 3) & ~3)
    .done();
};
const sequence = (length: number) => recognisable(length, 1);
const header = (family: number, length: number) => {
  const bytes = sequence(length);
  bytes[0] = family;
  return bytes;
};

/** What attributes hold: numbers, too little, zeros, a text, attributes of their own, and those of theirs. */
const payloads: readonly Buffer[] = [
  sequence(8),
  Buffer.alloc(3),
  Buffer.alloc(40),
  Buffer.from("text\0"),
  attribute(1, sequence(4)),
  Buffer.concat([attribute(1, attribute(1, sequence(4))), attribute(2, sequence(8))]),
];

/** Types of route messages: one of each kind, how long its struct is. */
const kinds: readonly (readonly [type: number, size: number])[] = [
  [16, 16],
  [20, 8],
  [24, 12],
  [28, 12],
  [32, 12],
  [36, 20],
  [48, 4],
  [64, 4],
  [72, 12],
  [80, 4],
  [84, 8],
  [88, 4],
  [92, 12],
  [104, 8],
];
const [ROUTE_TYPE, MULTIPATH] = [24, 9];

/** Names that are newer than Debian's strace: what its table lacks, it shows as a number. */
const newer = /nla_type=0x10 \/\* TCA_\?\?\?|0x2 \/\* IFLA_OFFLOAD_XSTATS_\?\?\?|resvd1=/;

for (const families of [
  [2, 0],
  [10, 7],
]) {
  test(...needs(`attributes of route messages about families ${families.join(" and ")}`, peers), () => {
    const script = new Script();
    for (const [type, size] of kinds)
      for (const family of families)
        for (let a = 0; a < 66; a += family === 2 || family === 10 ? 1 : 4)
          for (const payload of payloads) {
            // strace never comes back from next hops without a length
            if (type === ROUTE_TYPE && a === MULTIPATH && payload[0] === 0) continue;
            const head = Buffer.alloc(size);
            head[0] = family;
            const bytes = message(type, Buffer.concat([head, attribute(a, payload)]));
            script.call(SENDTO, FIRST + ROUTE, script.at(bytes, 4), bytes.length);
          }
    const found = differencesOf(script, views, [0]).filter((d) => !newer.test(d.strace));
    expect(some(found)).toEqual([]);
  });
}

test(...needs("questions and answers about sockets", peers), () => {
  const script = new Script();
  const lengths = [72, 56, 24, 16, 20, 28, 64];
  for (const family of [1, 2, 10, 16, 17, 43, 5])
    for (const size of lengths)
      for (const flags of [0, 1])
        for (let a = 0; a < 26; a++) {
          const payload = [
            sequence(8),
            Buffer.alloc(3),
            sequence(40),
            Buffer.alloc(80),
            attribute(1, sequence(4)),
          ][a % 5];
          const bytes = message(
            a % 13 === 12 ? 18 : 20,
            Buffer.concat([header(family, size), attribute(a, payload)]),
            flags,
          );
          script.call(SENDTO, FIRST + SOCK_DIAG, script.at(bytes, 4), bytes.length);
        }
  const found = differencesOf(script, views, [0]).filter(
    // without -v strace shows the address of a filter, we its bytes; what SMC answers with we show as bytes, too
    (d) => !/PACKET_DIAG_FILTER\}, 0x|nla_type=SMC_DIAG_/.test(d.strace),
  );
  expect(some(found)).toEqual([]);
});

test(...needs("messages of the other families", peers), () => {
  const script = new Script();
  const send = (family: number, bytes: Buffer) =>
    script.call(SENDTO, FIRST + family, script.at(bytes, 4), bytes.length);
  const types = [2, 3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x301, 0xa05, 0x102, 1000, 1100, 1300];
  for (const family of [6, 7, 9, 10, 11, 12, 16, 18, 21])
    for (const type of types)
      for (const size of [0, 1, 4, 7, 20, 224])
        for (const flags of [1, 0x301, 0x101, 0xffff, 0]) {
          send(family, message(type, sequence(size), flags));
          if (size >= 4)
            send(
              family,
              message(type, Buffer.concat([sequence(size), attribute(size % 6, sequence(12))]), flags),
            );
        }
  for (const text of ["add@/devices/x\0ACTION=add\0", "libudev\0", ""])
    for (const length of [0, 31, 32, 40, 300])
      send(KOBJECT_UEVENT, Buffer.concat([Buffer.from(text), sequence(length)]));
  expect(some(differencesOf(script, views, [0]))).toEqual([]);
});

/** Both are shown: what is asked for by number, by name and address, and every text in it. */
test(...needs("names, addresses and texts in every spelling", peers), () => {
  const script = new Script();
  const send = (family: number, bytes: Buffer) =>
    script.call(SENDTO, FIRST + family, script.at(bytes, 4), bytes.length);
  const route = (type: number, size: number, family: number, a: number, payload: Buffer) => {
    const head = Buffer.alloc(size);
    head[0] = family;
    send(ROUTE, message(type, Buffer.concat([head, attribute(a, payload)])));
  };
  const signed = struct().u32(0xffffffff, 1).done();
  const inside = (family: number, conf: number) => attribute(family, attribute(conf, signed));
  for (const family of [2, 10]) {
    const via = struct().u16(family).raw(sequence(16)).done();
    for (const a of [1, 2, 3, 5, 7, 18]) route(24, 12, family, a, sequence(18));
    route(24, 12, family, 18, via);
    for (const a of [1, 6, 2]) route(28, 12, family, a, sequence(18));
    route(32, 12, family, 12, sequence(8));
    route(16, 16, 0, 26, inside(family, family === 2 ? 1 : 2));
  }
  for (const a of [1, 2, 3, 54, 13, 0x8012, 0x4012, 0xc012, 0x8000 + 99]) {
    route(16, 16, 0, a, sequence(6));
    route(16, 16, 0, a, Buffer.from("text\0"));
    route(16, 16, 0, a, Buffer.from("\x01t\0"));
  }
  for (const size of [12, 16, 17]) {
    const head = header(7, size);
    for (const type of [28, 29, 30]) {
      send(ROUTE, message(type, head));
      send(ROUTE, message(type, Buffer.concat([head, attribute(3, Buffer.from("lo\0"))])));
    }
  }
  // of every process there is
  send(ROUTE, message(16, Buffer.alloc(16), 1, 1));
  for (const error of [-19, 0, 5])
    send(
      ROUTE,
      message(
        2,
        struct()
          .u32(error)
          .raw(message(16, Buffer.alloc(16)))
          .done(),
      ),
    );
  for (const family of [2, 10])
    for (const flags of [0, 1]) send(SOCK_DIAG, message(20, header(family, 72), flags));
  const condition = (family: number) =>
    struct().raw(sequence(4)).u8(family, 8, 0, 0).u32(80).raw(sequence(16)).done();
  for (const family of [2, 10])
    for (const code of [7, 8]) {
      const bytes = condition(family);
      bytes[0] = code;
      send(SOCK_DIAG, message(20, Buffer.concat([header(2, 56), attribute(1, bytes)])));
    }
  send(SOCK_DIAG, message(20, Buffer.concat([header(1, 16), attribute(5, sequence(36))]), 0));
  for (let state = 0; state < 13; state++) {
    const head = header(16, 28);
    head[3] = state;
    send(SOCK_DIAG, message(20, head, 0));
  }
  for (const type of [0x10, 0x301, 0x399, 0xa05, 0x102, 0x1100]) send(NETFILTER, message(type, sequence(4)));
  send(KOBJECT_UEVENT, Buffer.concat([Buffer.from("libudev\0"), sequence(40)]));
  const found = differencesOf(script, [...spellings, ["-Y"]], [0]);
  expect(some(found)).toEqual([]);
});
