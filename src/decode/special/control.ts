/** Control messages of sendmsg(2) and recvmsg(2): cmsg(3). What a type carries is a table. */
import { readFileSync } from "node:fs";
import * as F from "../../abi/flags.ts";
import { long, struct, ulong } from "../../syscalls/types/build.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum } from "../flags.ts";
import { addHi, addLo } from "../pointers.ts";
import { AF_INET, inetField, printInterface } from "./addresses.ts";
import { printSockaddr } from "./sockaddr.ts";

/** Where the kernel does not tell. */
const CONTROL_MAX = 20480;
const SOL_IP = 0;
const SOL_SOCKET = 1;
const SO_EE_SIZE = 16;
const SOCKADDR_IN = 16;

const timespec = compile(struct("timespec", { tv_sec: long, tv_nsec: ulong }));
const timeval = compile(struct("timeval", { tv_sec: long, tv_usec: ulong }));

interface Content {
  /** Bytes below which nothing prints, or `???` if it says so. */
  readonly least: number;
  readonly shortened?: "???";
  print(c: Context, at: number, length: number): void;
}

/** An array of what there is, at most -s of it without -v. */
function list(c: Context, count: number, print: (i: number) => void): void {
  const shown = c.verbose ? count : Math.min(count, c.options.stringLimit);
  c.sink.openArray();
  for (let i = 0; i < shown; i++) {
    c.sink.item();
    print(i);
  }
  if (shown < count) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeArray();
}

const fds: Content = {
  least: 4,
  print: (c, at, length) => list(c, length >> 2, (i) => c.fd(c.memory.view.getInt32(at + 4 * i, true))),
};
const credentials: Content = {
  least: 12,
  print(c, at) {
    const { sink, memory } = c;
    const id = (offset: number) => memory.view.getInt32(at + offset, true);
    sink.openStruct();
    sink.field("pid");
    c.pid(id(0));
    sink.field("uid");
    sink.num(id(4) === -1 ? -1 : id(4) >>> 0);
    sink.field("gid");
    sink.num(id(8) === -1 ? -1 : id(8) >>> 0);
    sink.closeStruct();
  },
};
/** A time of two words of the tracee, or of 64 bits, which on a 64-bit machine is the same. */
const time = (walker: typeof timespec, count = 1): Content => ({
  least: 16 * count,
  shortened: "???",
  print(c, at) {
    if (count === 1) walker.memory(c, at);
    else list(c, count, (i) => walker.memory(c, at + i * walker.size(c)));
  },
});
const text: Content = {
  least: 1,
  print: (c, at, length) => c.sink.str(c.memory.bytes, at, length, false),
};
const numbers: Content = {
  least: 4,
  print: (c, at, length) =>
    list(c, length >> 2, (i) => c.sink.num(c.memory.view.getUint32(at + 4 * i, true))),
};
const bytes: Content = {
  least: 1,
  print: (c, at, length) => list(c, length, (i) => c.sink.hex(c.memory.bytes[at + i], 0)),
};
const packetInfo: Content = {
  least: 12,
  print(c, at) {
    c.sink.openStruct();
    c.sink.field("ipi_ifindex");
    printInterface(c, c.memory.view.getUint32(at, true));
    inetField(c, "ipi_spec_dst", at + 4, AF_INET);
    inetField(c, "ipi_addr", at + 8, AF_INET);
    c.sink.closeStruct();
  },
};
/** struct sock_extended_err and the address of who sent it. */
const received: Content = {
  least: SO_EE_SIZE + SOCKADDR_IN,
  print(c, at) {
    const { sink } = c;
    const v = c.memory.view;
    sink.openStruct();
    sink.field("ee_errno");
    sink.num(v.getUint32(at, true));
    for (const [i, name] of ["origin", "type", "code"].entries()) {
      sink.field(`ee_${name}`);
      sink.num(v.getUint8(at + 4 + i));
    }
    sink.field("ee_info");
    sink.num(v.getUint32(at + 8, true));
    sink.field("ee_data");
    sink.num(v.getUint32(at + 12, true));
    sink.field("offender");
    printSockaddr(c, at + SO_EE_SIZE, SOCKADDR_IN);
    sink.closeStruct();
  },
};
const socketAddress: Content = {
  least: SOCKADDR_IN,
  print: (c, at, length) => void printSockaddr(c, at, Math.min(length, 128)),
};

const contents: ReadonlyMap<number, ReadonlyMap<number, Content>> = new Map([
  [
    SOL_SOCKET,
    new Map([
      [1, fds], // SCM_RIGHTS
      [2, credentials], // SCM_CREDENTIALS
      [3, text], // SCM_SECURITY
      [4, fds], // SCM_PIDFD
      [29, time(timeval)], // SO_TIMESTAMP_OLD
      [35, time(timespec)], // SO_TIMESTAMPNS_OLD
      [37, time(timespec, 3)], // SO_TIMESTAMPING_OLD
      [63, time(timeval)], // SO_TIMESTAMP_NEW
      [64, time(timespec)], // SO_TIMESTAMPNS_NEW
      [65, time(timespec, 3)], // SO_TIMESTAMPING_NEW
    ]),
  ],
  [
    SOL_IP,
    new Map([
      [1, bytes], // IP_TOS
      [2, numbers], // IP_TTL
      [3, text], // SCM_SECURITY
      [6, bytes], // IP_RECVOPTS
      [7, bytes], // IP_RETOPTS
      [8, packetInfo], // IP_PKTINFO
      [11, received], // IP_RECVERR
      [20, socketAddress], // IP_ORIGDSTADDR
      [23, numbers], // IP_CHECKSUM
    ]),
  ],
]);

let roomCache: number | undefined;
/** Bytes of control data the kernel takes at most (socket(7)); more than that are not looked at. */
function optmemMax(): number {
  if (roomCache === undefined) {
    try {
      const text = readFileSync("/proc/sys/net/core/optmem_max", "latin1");
      roomCache = (Number(text) + 7) & ~7;
    } catch {
      roomCache = CONTROL_MAX;
    }
  }
  return roomCache;
}

/** Prints the messages in `length` bytes at an address. */
export function printControl(c: Context, lo: number, hi: number, length: number): void {
  const { wordSize: word, sink } = c;
  const header = word + 8;
  const n = Math.min(length, optmemMax());
  const at = n < header || (lo === 0 && hi === 0) ? -1 : c.memory.readAll(lo, hi, n);
  if (at < 0) {
    sink.addr(lo, hi);
    return;
  }
  sink.openArray();
  let p = 0;
  let left = n;
  while (left >= header) {
    const v = c.memory.view;
    c.wordAt(at + p);
    const { wordLo, wordHi } = c;
    const size = wordLo + wordHi * 4294967296;
    const level = v.getInt32(at + p + word, true);
    const type = v.getInt32(at + p + word + 4, true);
    sink.item();
    sink.openStruct();
    sink.field("cmsg_len");
    sink.ulong(wordLo, wordHi);
    sink.field("cmsg_level");
    sink.xlat(level >>> 0, 0, enumName(F.socket_levels, level), "SOL_???", "hex");
    sink.field("cmsg_type");
    if (level === SOL_SOCKET) printEnum(c, F.scm_types, type >>> 0);
    else if (level === SOL_IP) printEnum(c, F.ip_message_types, type >>> 0);
    else sink.hex(type >>> 0, 0);
    const inside = Math.min(size, left);
    printContent(c, contents.get(level)?.get(type), at + p + header, inside - header);
    sink.closeStruct();
    if (inside < header) {
      left -= header;
      break;
    }
    const step = Math.ceil(size / word) * word;
    if (step >= left) {
      left = 0;
      break;
    }
    p += step;
    left -= step;
  }
  if (left > 0 || n < length) {
    sink.item();
    sink.more();
    if (left > 0) {
      const from = n - left;
      sink.comment(hexText(addLo(lo, from), addHi(lo, hi, from)));
    }
  }
  sink.closeArray();
}

function printContent(c: Context, content: Content | undefined, at: number, length: number): void {
  if (!content || length <= 0) return;
  if (length >= content.least) {
    c.sink.field("cmsg_data");
    content.print(c, at, length);
  } else if (content.shortened) {
    c.sink.field("cmsg_data");
    c.sink.word(content.shortened);
  }
}
