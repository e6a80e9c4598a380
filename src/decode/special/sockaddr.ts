/** Socket addresses (struct sockaddr_*), socket types and protocols. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../flags.ts";
import { pointerWalker, registerValue } from "../walker.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const UNIX_PATH = 108;
const SOCKADDR_MAX = 128;

/** Prints the index of a network interface, by its name where it has one. */
export function printInterface(c: Context, index: number): void {
  const name = index === 0 ? undefined : c.options.interfaceText?.(index);
  if (name === undefined) c.sink.num(index);
  else c.sink.word(`if_nametoindex("${name}")`);
}

/** Prints the address at an arena offset. */
export function printSockaddr(c: Context, at: number, length: number): void {
  const { sink, memory } = c;
  const v = memory.view;
  const family = v.getUint16(at, true);
  sink.openStruct();
  sink.field("sa_family");
  printEnum(c, F.address_families, family);
  if (family === AF_UNIX && length > 2) unixPath(c, at + 2, Math.min(length - 2, UNIX_PATH));
  else if (family === AF_INET && length >= 16) {
    sink.field("sin_port");
    sink.word(`htons(${v.getUint16(at + 2)})`);
    sink.field("sin_addr");
    sink.word(`inet_addr("${memory.bytes.subarray(at + 4, at + 8).join(".")}")`);
  } else if (family === AF_INET6 && length >= 24) {
    sink.field("sin6_port");
    sink.word(`htons(${v.getUint16(at + 2)})`);
    sink.field("sin6_flowinfo");
    sink.word(`htonl(${v.getUint32(at + 4)})`);
    // printed without a name of its own: the text holds the field
    sink.item();
    sink.word(`inet_pton(AF_INET6, "${inet6(memory.bytes.subarray(at + 8, at + 24))}", &sin6_addr)`);
    if (length >= 28) {
      sink.field("sin6_scope_id");
      const scope = v.getUint32(at + 24, true);
      sink.num(scope);
    }
  } else if (family === AF_NETLINK && length >= 12) {
    const pad = v.getUint16(at + 2, true);
    if (pad !== 0) {
      sink.field("nl_pad");
      sink.hex(pad, 0);
    }
    sink.field("nl_pid");
    sink.num(v.getInt32(at + 4, true));
    sink.field("nl_groups");
    sink.word(
      v
        .getUint32(at + 8, true)
        .toString(16)
        .padStart(8, "0"),
    );
  } else if (family === AF_PACKET && length >= 20) {
    sink.field("sll_protocol");
    sink.word(`htons(0x${v.getUint16(at + 2).toString(16)})`);
    sink.field("sll_ifindex");
    sink.num(v.getInt32(at + 4, true));
    sink.field("sll_hatype");
    sink.num(v.getUint16(at + 8, true));
    sink.field("sll_pkttype");
    sink.num(memory.bytes[at + 10]);
    sink.field("sll_halen");
    sink.num(memory.bytes[at + 11]);
    sink.field("sll_addr");
    const bytes = [...memory.bytes.subarray(at + 12, at + 12 + Math.min(8, memory.bytes[at + 11]))];
    sink.word(`[${bytes.map((b) => `0x${b.toString(16).padStart(2, "0")}`).join(", ")}]`);
  } else if (length > 2) {
    sink.field("sa_data");
    sink.str(memory.bytes, at + 2, length - 2, false);
  }
  sink.closeStruct();
}

/** A path, or an abstract name: `@"name"`. */
function unixPath(c: Context, at: number, length: number): void {
  c.sink.field("sun_path");
  const { bytes } = c.memory;
  if (bytes[at] === 0 && length > 1) {
    c.sink.word("@");
    c.sink.str(bytes, at + 1, length - 1, false);
    return;
  }
  const end = bytes.subarray(at, at + length).indexOf(0);
  c.sink.str(bytes, at, end < 0 ? length : end, false);
}

/** inet_ntop(3) for IPv6: longest run of zeros shortened, mapped addresses with dots. */
export function inet6(b: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (b[2 * i] << 8) | b[2 * i + 1]);
  const mapped = groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${b.subarray(12).join(".")}`;
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) [best, bestLength] = [i, n];
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(":");
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}

/** Follows a pointer to an address of `length` bytes. */
export function followSockaddr(c: Context, lo: number, hi: number, length: number): void {
  const n = Math.min(length, SOCKADDR_MAX);
  const at =
    (lo === 0 && hi === 0) || n < 2 || !c.options.dereference(c.call.name) ? -1 : c.memory.readAll(lo, hi, n);
  if (at < 0) c.sink.addr(lo, hi);
  else printSockaddr(c, at, n);
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
      followSockaddr(c, lo, hi, c.arg(i));
      return;
    }
    // what the kernel wrote is never longer than the room the caller gave
    const now = c.call.error ? undefined : c.readInt(c.argLo(i), c.argHi(i));
    const room = c.call.saved[0] ?? SOCKADDR_MAX;
    if (now === undefined || (lo === 0 && hi === 0)) c.sink.addr(lo, hi);
    else followSockaddr(c, lo, hi, Math.min(now, room));
  });
});

/** A length the kernel changes: `[128 => 16]`. */
registerValue("socklen", () => ({
  ...pointerWalker((c, lo, hi) => {
    const before = c.call.saved[0];
    const after = lo === 0 && hi === 0 ? undefined : c.readInt(lo, hi);
    if (before === undefined || before === NO_LENGTH || after === undefined) c.sink.addr(lo, hi);
    else if (c.call.error || before === after) c.sink.word(`[${before}]`);
    else c.sink.word(`[${before} => ${after}]`);
  }),
  enter(c: Context, lo: number, hi: number) {
    c.call.saved.push(lo === 0 && hi === 0 ? NO_LENGTH : (c.readInt(lo, hi) ?? NO_LENGTH));
  },
}));
const NO_LENGTH = Number.MIN_SAFE_INTEGER;

const TYPE_MASK = 0xf;
registerValue("socket_type", () =>
  pointerWalker((c, lo) => {
    const kind = enumName(F.socket_types, lo & TYPE_MASK);
    if (kind === undefined) {
      printFlags(c, F.socket_type_flags, lo);
      return;
    }
    const rest = (lo & ~TYPE_MASK) >>> 0;
    const names = rest === 0 ? "" : `|${flagNames(F.socket_type_flags, rest) ?? `0x${rest.toString(16)}`}`;
    c.sink.xlat(lo, 0, kind + names, "", "hex");
  }),
);

registerValue("socket_protocol", () =>
  pointerWalker((c, lo, hi) => {
    const family = c.argLo(0);
    if (family === AF_INET || family === AF_INET6) printEnum(c, F.inet_protocols, lo);
    else if (family === AF_NETLINK) printEnum(c, F.netlink_protocols, lo);
    else if (family === AF_PACKET && lo !== 0)
      c.sink.word(`htons(0x${(((lo & 0xff) << 8) | ((lo >>> 8) & 0xff)).toString(16)})`);
    else c.sink.ulong(lo, hi);
  }),
);
