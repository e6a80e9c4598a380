/** Socket addresses (struct sockaddr_*). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printEnum } from "../flags.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { etherType, printInterface, symbolic, zeroPadded } from "./addresses.ts";
import { rareFamilies } from "./sockaddr-families.ts";
import { type Family, inet, inet6Family, rawAddress } from "./sockaddr-inet.ts";

const UNIX_PATH = 108;
const SOCKADDR_MAX = 128;

const unix: Family = {
  least: 3,
  /** A path, or an abstract name: `@"name"`. */
  print(c, at, length) {
    const room = Math.min(length - 2, UNIX_PATH);
    const start = at + 2;
    c.sink.field("sun_path");
    const { bytes } = c.memory;
    if (bytes[start] === 0) {
      c.sink.word("@");
      c.sink.str(bytes, start + 1, room - 1, false);
      return;
    }
    const end = bytes.subarray(start, start + room).indexOf(0);
    c.sink.str(bytes, start, end < 0 ? room : end, false);
  },
};

const netlink: Family = {
  least: 12,
  print(c, at) {
    const { view } = c.memory;
    const pad = view.getUint16(at + 2, true);
    if (pad !== 0) {
      c.sink.field("nl_pad");
      c.sink.hex(pad, 0);
    }
    c.sink.field("nl_pid");
    c.pid(view.getInt32(at + 4, true));
    c.sink.field("nl_groups");
    c.sink.word(zeroPadded(view.getUint32(at + 8, true), 8));
  },
};

const PACKET_ADDRESS = 12;
const packet: Family = {
  least: 20,
  print(c, at, length) {
    const { sink, memory } = c;
    const { view } = memory;
    sink.field("sll_protocol");
    symbolic(c, at + 2, 2, `htons(${etherType(view.getUint16(at + 2))})`);
    sink.field("sll_ifindex");
    printInterface(c, view.getUint32(at + 4, true));
    sink.field("sll_hatype");
    printEnum(c, F.hardware_types, view.getUint16(at + 8, true));
    sink.field("sll_pkttype");
    printEnum(c, F.packet_types, memory.bytes[at + 10]);
    const count = memory.bytes[at + 11];
    sink.field("sll_halen");
    sink.num(count);
    if (count === 0) return;
    sink.field("sll_addr");
    sink.openArray();
    for (let i = 0; i < count; i++) {
      sink.item();
      if (i >= length - PACKET_ADDRESS) {
        sink.more();
        break;
      }
      sink.word(zeroPadded(memory.bytes[at + PACKET_ADDRESS + i], 2));
    }
    sink.closeArray();
  },
};

const families: ReadonlyMap<number, Family> = new Map([
  [1, unix],
  [2, inet],
  [10, inet6Family],
  [16, netlink],
  [17, packet],
  ...rareFamilies,
]);

/** Prints the address at an arena offset; returns its family. */
export function printSockaddr(c: Context, at: number, length: number): number {
  const { sink, memory } = c;
  const number = memory.view.getUint16(at, true);
  sink.openStruct();
  sink.field("sa_family");
  printEnum(c, F.address_families, number);
  const family = families.get(number);
  if (family && length >= family.least) family.print(c, at, length);
  else if (length > 2) rawAddress(c, at, length);
  sink.closeStruct();
  return number;
}

/** Follows a pointer to an address of `length` bytes; returns its family, -1 if there is none to see. */
export function followSockaddr(c: Context, lo: number, hi: number, length: number): number {
  const n = Math.min(length, SOCKADDR_MAX);
  const at =
    (lo === 0 && hi === 0) || n < 2 || !c.options.dereference(c.call.name) ? -1 : c.memory.readAll(lo, hi, n);
  if (at >= 0) return printSockaddr(c, at, n);
  c.sink.addr(lo, hi);
  return -1;
}

interface SockaddrType {
  readonly length: { readonly arg: string };
  readonly inout?: boolean;
}

registerValue("sockaddr", (data) => {
  const { length, inout } = data as SockaddrType;
  return pointerWalker((c, lo, hi) => {
    const i = c.index(length.arg);
    if (!inout) {
      followSockaddr(c, lo, hi, c.argLo(i) | 0);
      return;
    }
    // what the kernel wrote is never longer than the room the caller gave
    const now = c.call.error ? undefined : c.readInt(c.argLo(i), c.argHi(i));
    const room = c.call.saved[0] ?? SOCKADDR_MAX;
    if (now === undefined || (lo === 0 && hi === 0)) c.sink.addr(lo, hi);
    else followSockaddr(c, lo, hi, Math.min(now, room));
  });
});

const NO_LENGTH = Number.MIN_SAFE_INTEGER;

/** A length the kernel changes: `[128 => 16]`; of nothing, if the address in argument `of` is NULL. */
registerValue("socklen", (of) => ({
  ...pointerWalker((c, lo, hi) => {
    const before = c.call.saved[0];
    const after = before === undefined || before === NO_LENGTH ? undefined : c.readInt(lo, hi);
    if (after === undefined) c.sink.addr(lo, hi);
    else if (c.call.error || before === after) c.sink.word(`[${before}]`);
    else c.sink.word(`[${before} => ${after}]`);
  }),
  enter(c: Context, lo: number, hi: number) {
    const i = of as number | undefined;
    const nothing = (lo === 0 && hi === 0) || (i !== undefined && c.argLo(i) === 0 && c.argHi(i) === 0);
    const readable = !nothing && c.options.dereference(c.call.name);
    c.call.saved.push(readable ? (c.readInt(lo, hi) ?? NO_LENGTH) : NO_LENGTH);
  },
}));
