/** Control messages of sendmsg(2) and recvmsg(2): cmsg(3). What a type carries is a table. */
import * as F from "../../abi/flags.ts";
import { long, struct, ulong } from "../../syscalls/types/build.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printEnum } from "../flags.ts";
import { printInterface, printSockaddr } from "./sockaddr.ts";

const CONTROL_MAX = 8192;
const SOL_IP = 0;
const SOL_SOCKET = 1;
const SO_EE_SIZE = 16;

const timespec = compile(struct("timespec", { tv_sec: long, tv_nsec: ulong }));
const timeval = compile(struct("timeval", { tv_sec: long, tv_usec: ulong }));

interface Content {
  /** Bytes below which nothing prints, or `???` if it says so. */
  readonly least: number;
  readonly shortened?: "???";
  print(c: Context, at: number, length: number): void;
}

function list(c: Context, count: number, print: (i: number) => void): void {
  c.sink.openArray();
  for (let i = 0; i < count; i++) {
    c.sink.item();
    print(i);
  }
  c.sink.closeArray();
}

const fds: Content = {
  least: 4,
  print: (c, at, length) =>
    list(c, length >> 2, (i) => {
      const fd = c.memory.view.getInt32(at + 4 * i, true);
      c.sink.fd(fd, c.options.fdText?.(c.task.tid, fd));
    }),
};
const credentials: Content = {
  least: 12,
  print(c, at) {
    const { sink, memory } = c;
    const id = (offset: number) => memory.view.getInt32(at + offset, true);
    sink.openStruct();
    sink.field("pid");
    sink.pid(id(0), c.options.pidText?.(id(0)));
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
  print: (c, at, length) =>
    c.sink.str(c.memory.bytes, at, Math.min(length, c.options.stringLimit), length > c.options.stringLimit),
};
const number: Content = {
  least: 4,
  print: (c, at) => list(c, 1, () => c.sink.num(c.memory.view.getInt32(at, true))),
};
const bytes: Content = {
  least: 1,
  print: (c, at, length) => list(c, length, (i) => c.sink.hex(c.memory.bytes[at + i], 0)),
};
const oneByte: Content = { least: 1, print: (c, at) => bytes.print(c, at, 1) };
const address = (c: Context, at: number) =>
  c.sink.word(`inet_addr("${c.memory.bytes.subarray(at, at + 4).join(".")}")`);
const packetInfo: Content = {
  least: 12,
  print(c, at) {
    c.sink.openStruct();
    c.sink.field("ipi_ifindex");
    printInterface(c, c.memory.view.getUint32(at, true));
    c.sink.field("ipi_spec_dst");
    address(c, at + 4);
    c.sink.field("ipi_addr");
    address(c, at + 8);
    c.sink.closeStruct();
  },
};
/** struct sock_extended_err and the address of who sent it. */
const received: Content = {
  least: SO_EE_SIZE,
  print(c, at, length) {
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
    if (length > SO_EE_SIZE) {
      sink.field("offender");
      printSockaddr(c, at + SO_EE_SIZE, length - SO_EE_SIZE);
    }
    sink.closeStruct();
  },
};
const socketAddress: Content = { least: 2, print: printSockaddr };

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
      [1, oneByte], // IP_TOS
      [2, number], // IP_TTL
      [6, bytes], // IP_RECVOPTS
      [7, bytes], // IP_RETOPTS
      [8, packetInfo], // IP_PKTINFO
      [11, received], // IP_RECVERR
      [20, socketAddress], // IP_ORIGDSTADDR
      [23, number], // IP_CHECKSUM
    ]),
  ],
]);

/** Prints the messages in `length` bytes at an address. */
export function printControl(c: Context, lo: number, hi: number, length: number): void {
  const { wordSize: word, sink } = c;
  const header = word + 8;
  const n = Math.min(length, CONTROL_MAX);
  const at = n < header ? -1 : c.memory.readAll(lo, hi, n);
  if (at < 0) {
    sink.addr(lo, hi);
    return;
  }
  sink.openArray();
  for (let p = 0; p + header <= n; ) {
    const v = c.memory.view;
    c.wordAt(at + p);
    const size = c.wordLo;
    const level = v.getUint32(at + p + word, true);
    const type = v.getUint32(at + p + word + 4, true);
    sink.item();
    sink.openStruct();
    sink.field("cmsg_len");
    sink.ulong(size, c.wordHi);
    sink.field("cmsg_level");
    printEnum(c, F.socket_levels, level);
    sink.field("cmsg_type");
    if (level === SOL_SOCKET) printEnum(c, F.scm_types, type);
    else if (level === SOL_IP) printEnum(c, F.ip_message_types, type);
    else sink.hex(type, 0);
    printContent(c, contents.get(level)?.get(type), at + p + header, Math.min(size, n - p) - header);
    sink.closeStruct();
    if (size < header) break;
    p += (size + word - 1) & ~(word - 1);
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
