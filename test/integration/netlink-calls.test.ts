/** Netlink messages of every family with every attribute, beside strace: replay-calls.c has a socket of each family. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { differencesOf, recognisable, type Seen, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const SENDTO = 44;
/** Descriptor of the socket of family 0. */
const FIRST = 100;
const [ROUTE, SOCK_DIAG, KOBJECT_UEVENT] = [0, 4, 15];
const views = [["-v", "-s", "4096"], []];
const some = (found: readonly Seen[]) => found.slice(0, Number(process.env.SHOW ?? 5));

const message = (type: number, payload: Uint8Array, flags = 1) =>
  struct()
    .u32(16 + payload.length)
    .u16(type, flags)
    .u32(7, 0)
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
