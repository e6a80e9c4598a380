/** Socket addresses (struct sockaddr_*), socket types and protocols. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum, printFlags } from "../flags.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { hexQuoted, padded } from "./bytes.ts";

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

/** What travels in network byte order: text for it, its bytes, or both, as -X says. */
export function network(c: Context, at: number, size: number, text: string): void {
  const { xlat } = c.options;
  if (xlat === "abbrev") {
    c.sink.word(text);
    return;
  }
  hexQuoted(c, at, size, size);
  if (xlat === "verbose") c.sink.comment(text);
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
    network(c, at + 2, 2, `htons(${v.getUint16(at + 2)})`);
    sink.field("sin_addr");
    network(c, at + 4, 4, `inet_addr("${memory.bytes.subarray(at + 4, at + 8).join(".")}")`);
  } else if (family === AF_INET6 && length >= 24) {
    sink.field("sin6_port");
    network(c, at + 2, 2, `htons(${v.getUint16(at + 2)})`);
    sink.field("sin6_flowinfo");
    network(c, at + 4, 4, `htonl(${v.getUint32(at + 4)})`);
    const text = `inet_pton(AF_INET6, "${inet6(memory.bytes.subarray(at + 8, at + 24))}"`;
    if (c.options.xlat === "abbrev") {
      // printed without a name of its own: the text holds the field
      sink.item();
      sink.word(`${text}, &sin6_addr)`);
    } else {
      sink.field("sin6_addr");
      network(c, at + 8, 16, `${text})`);
    }
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
    sink.word(padded(v.getUint32(at + 8, true)));
  } else if (family === AF_PACKET && length >= 20) {
    sink.field("sll_protocol");
    const protocol = v.getUint16(at + 2);
    const known = enumName(F.nl_ether_types, protocol);
    network(c, at + 2, 2, `htons(${known ?? `${hexText(protocol, 0)} /* ETH_P_??? */`})`);
    sink.field("sll_ifindex");
    printInterface(c, v.getInt32(at + 4, true));
    sink.field("sll_hatype");
    printEnum(c, F.hardware_types, v.getUint16(at + 8, true));
    sink.field("sll_pkttype");
    printEnum(c, F.packet_types, memory.bytes[at + 10]);
    const size = memory.bytes[at + 11];
    sink.field("sll_halen");
    sink.num(size);
    if (size > 0) {
      sink.field("sll_addr");
      const bytes = [...memory.bytes.subarray(at + 12, at + Math.min(length, 12 + size))];
      const items = bytes.map((b) => (b === 0 ? "0000" : `0x${b.toString(16).padStart(2, "0")}`).slice(-4));
      if (size > bytes.length) items.push("...");
      sink.word(`[${items.map((t) => (t === "0000" ? "00" : t)).join(", ")}]`);
    }
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
      followSockaddr(c, lo, hi, c.argLo(i) | 0);
      return;
    }
    // what the kernel wrote is never longer than the room the caller gave
    const now = c.call.error ? undefined : c.readInt(c.argLo(i), c.argHi(i));
    const room = c.call.saved[0] ?? SOCKADDR_MAX;
    if (now === undefined || room === NO_LENGTH || (lo === 0 && hi === 0)) c.sink.addr(lo, hi);
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
    // without room for an address its length says nothing
    const address = c.names.indexOf("addrlen") - 1;
    const none =
      (address >= 0 && c.argLo(address) === 0 && c.argHi(address) === 0) ||
      !c.options.dereference(c.call.name);
    c.call.saved.push(none || (lo === 0 && hi === 0) ? NO_LENGTH : (c.readInt(lo, hi) ?? NO_LENGTH));
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
    c.sink.xlat(lo & TYPE_MASK, 0, kind, "", "hex");
    const rest = (lo & ~TYPE_MASK) >>> 0;
    if (rest === 0) return;
    c.sink.word("|");
    printFlags(c, F.socket_type_flags, rest);
  }),
);

/** Protocols by address family (linux/socket.h). */
const protocols: ReadonlyMap<number, FlagSet> = new Map([
  [AF_INET, F.inet_protocols],
  [AF_INET6, F.inet_protocols],
  [AF_NETLINK, F.netlink_protocols],
  [29, F.can_protocols],
  [31, F.bluetooth_protocols],
  [33, F.address_families],
  [35, F.phonet_protocols],
  [37, F.caif_protocols],
  [39, F.nfc_protocols],
  [41, F.kcm_protocols],
  [43, F.smc_protocols],
]);
registerValue("socket_protocol", () =>
  pointerWalker((c, lo, hi) => {
    const set = protocols.get(c.argLo(0));
    if (set) printEnum(c, set, lo);
    else if (c.argLo(0) === AF_PACKET) {
      c.sink.word("htons(");
      printEnum(c, { ...F.nl_ether_types, fallback: "ETH_P_???" }, ((lo & 0xff) << 8) | ((lo >>> 8) & 0xff));
      c.sink.word(")");
    } else c.sink.ulong(lo, hi);
  }),
);
