/** Values of socket options (socket(7), ip(7), packet(7) …): which struct an option takes is a table. */
import { errnoName } from "../../abi/errno.ts";
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import type { Context } from "../context.ts";
import { enumName, printEnum } from "../flags.ts";
import { printArray, printBytes } from "../pointers.ts";
import { scalarWalker } from "../scalars.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { AF_INET, AF_INET6, hardwareField, inetField, printInterface, quotedHex } from "./addresses.ts";
import { hexQuoted, readable } from "./bytes.ts";
import { printFilter, printProgram, socketOperand } from "./filters.ts";
import { printSockaddr } from "./sockaddr.ts";
import { optionName } from "./sockopt-names.ts";

const [SOL_SOCKET, SOL_NETLINK] = [1, 270];
const SOCKADDR_STORAGE = 128;
const INT = 4;

registerValue("sockopt_name", () =>
  pointerWalker((c, lo) => {
    const known = optionName(c.argLo(1), lo, c.call.name === "getsockopt");
    if (known) c.sink.xlat(lo, 0, known.name, known.fallback, "hex");
    else c.sink.num(lo >>> 0);
  }),
);

/** A value at an address, `length` bytes of it. */
type Value = (c: Context, lo: number, hi: number, length: number) => void;

/** Reads `size` bytes and prints them, or the address. */
function at(c: Context, lo: number, hi: number, size: number, print: (at: number) => void): void {
  const found = readable(c, lo, hi, size);
  if (found < 0) c.sink.addr(lo, hi);
  else print(found);
}
/** A value that is an address when shorter than it should be. */
const whole =
  (size: number | ((c: Context) => number), print: (c: Context, at: number) => void, exact = false): Value =>
  (c, lo, hi, length) => {
    const need = typeof size === "number" ? size : size(c);
    if (length < need || (exact && length !== need)) c.sink.addr(lo, hi);
    else at(c, lo, hi, need, (here) => print(c, here));
  };

type Part = readonly [name: string, print: (c: Context, at: number) => void];
/** A struct of ints of which the kernel may have written a part. */
const partial =
  (parts: readonly Part[]): Value =>
  (c, lo, hi, length) => {
    const size = Math.min(length, INT * parts.length);
    at(c, lo, hi, size, (start) => {
      c.sink.openStruct();
      parts.forEach(([name, print], i) => {
        const left = size - INT * i;
        if (left <= 0) return;
        c.sink.field(name);
        if (left >= INT) print(c, start + INT * i);
        else c.sink.word(quotedHex(c, start + INT * i, left));
      });
      c.sink.closeStruct();
    });
  };
const signed = (c: Context, here: number): void => c.sink.num(c.memory.view.getInt32(here, true));
const unsigned = (c: Context, here: number): void => c.sink.num(c.memory.view.getUint32(here, true));
const id = (c: Context, here: number): void => {
  const value = c.memory.view.getInt32(here, true);
  c.sink.num(value === -1 ? -1 : value >>> 0);
};
const process = (c: Context, here: number): void => c.pid(c.memory.view.getInt32(here, true));
const named = (names: string, print: Part[1]): Part[] => names.split(" ").map((name) => [name, print]);

const linger = named("l_onoff l_linger", signed);
const setLinger = whole(8, (c, here) => {
  c.sink.openStruct();
  for (const [i, [name]] of linger.entries()) {
    c.sink.field(name);
    signed(c, here + INT * i);
  }
  c.sink.closeStruct();
});

const membership = whole(8, (c, here) => {
  c.sink.openStruct();
  inetField(c, "imr_multiaddr", here, AF_INET);
  inetField(c, "imr_interface", here + 4, AF_INET);
  c.sink.closeStruct();
});
const membership6 = whole(20, (c, here) => {
  c.sink.openStruct();
  inetField(c, "ipv6mr_multiaddr", here, AF_INET6);
  c.sink.field("ipv6mr_interface");
  printInterface(c, c.memory.view.getUint32(here + 16, true));
  c.sink.closeStruct();
});
const groupField = (c: Context, name: string) =>
  layout(c.call.abi, "group_req").fields.find((f) => f.name === name)!.offset;
const group = whole(
  (c) => layout(c.call.abi, "group_req").size,
  (c, here) => {
    c.sink.openStruct();
    c.sink.field("gr_interface");
    printInterface(c, c.memory.view.getUint32(here + groupField(c, "gr_interface"), true));
    c.sink.field("gr_group");
    printSockaddr(c, here + groupField(c, "gr_group"), SOCKADDR_STORAGE);
    c.sink.closeStruct();
  },
);

const ring = whole(
  16,
  (c, here) => {
    c.sink.openStruct();
    for (const [i, name] of ["tp_block_size", "tp_block_nr", "tp_frame_size", "tp_frame_nr"].entries()) {
      c.sink.field(name);
      unsigned(c, here + INT * i);
    }
    c.sink.closeStruct();
  },
  true,
);
const packetMembership = whole(
  16,
  (c, here) => {
    const { view } = c.memory;
    const octets = view.getUint16(here + 6, true);
    c.sink.openStruct();
    c.sink.field("mr_ifindex");
    printInterface(c, view.getUint32(here, true));
    c.sink.field("mr_type");
    printEnum(c, F.packet_mreq_types, view.getUint16(here + 4, true));
    c.sink.field("mr_alen");
    c.sink.num(octets);
    hardwareField(c, "mr_address", here + 8, Math.min(octets, 8));
    c.sink.closeStruct();
  },
  true,
);

/** A set of message types as strace writes sets: by those missing, after ~, when most are there. */
const icmpFilter: Value = (c, lo, hi, length) => {
  const size = Math.min(length, INT);
  if (size <= 0) {
    c.sink.addr(lo, hi);
    return;
  }
  at(c, lo, hi, size, (here) => {
    let bits = 0xffffffff;
    for (let i = 0; i < size; i++) bits = (bits & ~(0xff << (8 * i))) | (c.memory.bytes[here + i] << (8 * i));
    let present = 0;
    for (let i = 0; i < 32; i++) present += (bits >>> i) & 1;
    const most = present > 16;
    c.sink.word(most ? "~[" : "[");
    let first = true;
    for (let i = 0; i < 32; i++) {
      if (((bits >>> i) & 1) === (most ? 0 : 1)) {
        if (!first) c.sink.word(" ");
        first = false;
        printEnum(c, F.icmp_types, i);
      }
    }
    c.sink.word("]");
  });
};

/** What is too short for an int: an address where it was sent, bytes where the kernel wrote it. */
const short: Value = (c, lo, hi, length) => {
  if (!c.exiting || length < 0) c.sink.addr(lo, hi);
  else at(c, lo, hi, length, (here) => hexQuoted(c, here, length));
};
const integer =
  (print: (c: Context, value: number) => void): Value =>
  (c, lo, hi, length) => {
    if (length < INT) short(c, lo, hi, length);
    else
      at(c, lo, hi, INT, (here) => {
        c.sink.openArray();
        c.sink.item();
        print(c, c.memory.view.getInt32(here, true));
        c.sink.closeArray();
      });
  };
const number = integer((c, value) => c.sink.num(value));
const error = integer((c, value) => {
  if (value === 0) c.sink.num(0);
  else c.sink.xlat(value >>> 0, 0, errnoName(value), "", "unsigned");
});
const rehash = integer((c, value) =>
  c.sink.xlat(value, 0, enumName(F.txrehash_values, value), F.txrehash_values.fallback, "dec"),
);
const setFilter: Value = (c, lo, hi, length) => {
  if (length !== 2 * c.wordSize) c.sink.addr(lo, hi);
  else printProgram(c, lo, hi, socketOperand);
};
const getFilter: Value = (c, lo, hi, length) => {
  if (length > 0xffff) c.sink.addr(lo, hi);
  else printFilter(c, lo, hi, length, socketOperand);
};
const memberships: Value = (c, lo, hi, length) =>
  printArray(c, scalarWalker("uint"), lo, hi, Math.floor(Math.min(length, c.call.saved[0]) / INT));

/** Options of SOL_SOCKET whose value is an int, by name without SO_. */
const integers = new Set(
  `DEBUG REUSEADDR DONTROUTE BROADCAST SNDBUF RCVBUF KEEPALIVE OOBINLINE NO_CHECK PRIORITY BSDCOMPAT REUSEPORT PASSCRED
   RCVLOWAT SNDLOWAT DETACH_FILTER TIMESTAMP_OLD ACCEPTCONN SNDBUFFORCE RCVBUFFORCE PASSSEC TIMESTAMPNS_OLD MARK
   TIMESTAMPING_OLD RXQ_OVFL WIFI_STATUS PEEK_OFF NOFCS LOCK_FILTER SELECT_ERR_QUEUE BUSY_POLL INCOMING_CPU CNX_ADVICE
   INCOMING_NAPI_ID ZEROCOPY TIMESTAMP_NEW TIMESTAMPNS_NEW TIMESTAMPING_NEW DETACH_REUSEPORT_BPF PREFER_BUSY_POLL
   BUSY_POLL_BUDGET RESERVE_MEM RCVMARK`
    .split(/\s+/)
    .map((name) => `SO_${name}`),
);

const set: Readonly<Record<string, Value>> = {
  SO_LINGER: setLinger,
  SO_ATTACH_FILTER: setFilter,
  SO_ATTACH_REUSEPORT_CBPF: setFilter,
  SO_TXREHASH: rehash,
  IP_ADD_MEMBERSHIP: membership,
  IP_DROP_MEMBERSHIP: membership,
  MCAST_JOIN_GROUP: group,
  MCAST_LEAVE_GROUP: group,
  IPV6_ADD_MEMBERSHIP: membership6,
  IPV6_DROP_MEMBERSHIP: membership6,
  IPV6_JOIN_ANYCAST: membership6,
  IPV6_LEAVE_ANYCAST: membership6,
  PACKET_RX_RING: ring,
  PACKET_TX_RING: ring,
  PACKET_ADD_MEMBERSHIP: packetMembership,
  PACKET_DROP_MEMBERSHIP: packetMembership,
  ICMP_FILTER: icmpFilter,
};
const get: Readonly<Record<string, Value>> = {
  SO_LINGER: partial(linger),
  SO_PEERCRED: partial([["pid", process], ...named("uid gid", id)]),
  SO_GET_FILTER: getFilter,
  SO_ERROR: error,
  SO_TXREHASH: rehash,
  PACKET_STATISTICS: partial(named("tp_packets tp_drops tp_freeze_q_cnt", unsigned)),
  ICMP_FILTER: icmpFilter,
  NETLINK_LIST_MEMBERSHIPS: memberships,
};

function printValue(c: Context, lo: number, hi: number, length: number): void {
  const getting = c.call.name === "getsockopt";
  const level = c.argLo(1);
  const name = optionName(level, c.argLo(2), getting)?.name ?? "";
  if (!c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
  else if (lo !== 0 || hi !== 0) {
    const known = (getting ? get : set)[name];
    if (known) known(c, lo, hi, length);
    else if (level === SOL_SOCKET && integers.has(name)) number(c, lo, hi, length);
    else if (level === SOL_NETLINK) number(c, lo, hi, getting ? INT : length);
    else if (length === INT) number(c, lo, hi, length);
    else printBytes(c, lo, hi, length < 0 ? Number.MAX_SAFE_INTEGER : length);
  } else c.sink.addr(0, 0);
}

registerValue("sockopt_value", () => pointerWalker((c, lo, hi) => printValue(c, lo, hi, c.argLo(4) | 0)));
registerValue("sockopt_result", () =>
  pointerWalker((c, lo, hi) => {
    const length = c.call.error ? undefined : c.readInt(c.argLo(4), c.argHi(4));
    const room = c.call.saved[0];
    if (length === undefined || length <= 0 || !(room > 0)) c.sink.addr(lo, hi);
    else printValue(c, lo, hi, length);
  }),
);
