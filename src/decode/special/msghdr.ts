/** struct msghdr with control messages (sendmsg(2), cmsg(3)). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { addHi, addLo, printIovec } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { followSockaddr } from "./sockaddr.ts";

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const CONTROL_MAX = 8192;

/** Byte offsets of struct msghdr's fields for a word size: name, namelen, iov, iovlen, control, controllen, flags. */
const offsets = (word: number) => [0, word, 2 * word, 3 * word, 4 * word, 5 * word, 6 * word];

/** Prints a message header at an address; `data` bytes of its vectors are real, -1 when none. */
function printMsghdr(c: Context, lo: number, hi: number, data: number, nameLength: number | undefined): void {
  const { wordSize: word, sink } = c;
  const o = offsets(word);
  const at =
    (lo === 0 && hi === 0) || !c.options.dereference(c.call.name) ? -1 : c.memory.readAll(lo, hi, 7 * word);
  if (at < 0) {
    sink.addr(lo, hi);
    return;
  }
  const v = c.memory.view;
  const words = o.map((offset) => {
    c.wordAt(at + offset);
    return [c.wordLo, c.wordHi] as const;
  });
  const length = v.getInt32(at + o[1], true);
  sink.openStruct();
  sink.field("msg_name");
  if (data < 0 && c.exiting) sink.addr(...words[0]);
  else followSockaddr(c, ...words[0], nameLength === undefined ? length : Math.min(length, nameLength));
  sink.field("msg_namelen");
  if (nameLength !== undefined && nameLength !== length && data >= 0) sink.word(`${nameLength} => ${length}`);
  else sink.num(length);
  sink.field("msg_iov");
  printIovec(c, ...words[2], words[3][0] + words[3][1] * 4294967296, data);
  sink.field("msg_iovlen");
  sink.ulong(...words[3]);
  const controlLength = words[5][0];
  if (controlLength > 0) {
    sink.field("msg_control");
    if (data < 0) sink.addr(...words[4]);
    else printControl(c, ...words[4], controlLength);
  }
  sink.field("msg_controllen");
  sink.ulong(...words[5]);
  sink.field("msg_flags");
  printFlags(c, F.msg_flags, v.getUint32(at + o[6], true));
  sink.closeStruct();
}

function printControl(c: Context, lo: number, hi: number, length: number): void {
  const { wordSize: word, sink } = c;
  const n = Math.min(length, CONTROL_MAX);
  const at = c.memory.readAll(lo, hi, n);
  if (at < 0 || n < word + 8) {
    sink.addr(lo, hi);
    return;
  }
  sink.openArray();
  for (let p = 0; p + word + 8 <= n; ) {
    const v = c.memory.view;
    const size = v.getUint32(at + p, true);
    const level = v.getUint32(at + p + word, true);
    const type = v.getUint32(at + p + word + 4, true);
    sink.item();
    sink.openStruct();
    sink.field("cmsg_len");
    sink.num(size);
    sink.field("cmsg_level");
    printEnum(c, F.socket_levels, level);
    sink.field("cmsg_type");
    if (level === SOL_SOCKET) printEnum(c, F.scm_types, type);
    else sink.hex(type, 0);
    const from = p + word + 8;
    const to = Math.min(p + size, n);
    if (to > from) {
      sink.field("cmsg_data");
      controlData(c, level, type, at + from, to - from);
    }
    sink.closeStruct();
    if (size < word + 8) break;
    p += (size + word - 1) & ~(word - 1);
  }
  sink.closeArray();
}

function controlData(c: Context, level: number, type: number, at: number, length: number): void {
  const { sink, memory } = c;
  if (level === SOL_SOCKET && type === SCM_RIGHTS) {
    sink.openArray();
    for (let i = 0; i + 4 <= length; i += 4) {
      const fd = memory.view.getInt32(at + i, true);
      sink.item();
      sink.fd(fd, c.options.fdText?.(c.task.tid, fd));
    }
    sink.closeArray();
  } else if (level === SOL_SOCKET && type === SCM_CREDENTIALS && length >= 12) {
    sink.openStruct();
    for (const [i, name] of ["pid", "uid", "gid"].entries()) {
      sink.field(name);
      sink.num(memory.view.getUint32(at + 4 * i, true));
    }
    sink.closeStruct();
  } else sink.str(memory.bytes, at, Math.min(length, c.options.stringLimit), length > c.options.stringLimit);
}

registerValue("msghdr", () =>
  pointerWalker((c, lo, hi) => printMsghdr(c, lo, hi, Number.POSITIVE_INFINITY, undefined)),
);

registerValue("msghdr_out", () => ({
  ...pointerWalker((c, lo, hi) => {
    if (c.call.error) c.sink.addr(lo, hi);
    else printMsghdr(c, lo, hi, c.ret, c.call.saved[0]);
  }),
  enter(c: Context, lo: number, hi: number) {
    const word = c.wordSize;
    c.call.saved.push(c.readInt(addLo(lo, word), addHi(lo, hi, word)) ?? 0);
  },
}));

/** struct mmsghdr[]: as many as were transferred. */
registerValue("mmsghdr", () =>
  pointerWalker((c, lo, hi) => {
    const count = c.call.error ? 0 : c.ret;
    if (count <= 0 || (lo === 0 && hi === 0)) {
      c.sink.addr(lo, hi);
      return;
    }
    const size = 8 * c.wordSize;
    c.sink.openArray();
    for (let i = 0; i < Math.min(count, c.options.stringLimit); i++) {
      const l = addLo(lo, i * size);
      const h = addHi(lo, hi, i * size);
      const bytes = c.readInt(addLo(l, 7 * c.wordSize), addHi(l, h, 7 * c.wordSize)) ?? 0;
      c.sink.item();
      c.sink.openStruct();
      c.sink.field("msg_hdr");
      printMsghdr(c, l, h, bytes, undefined);
      c.sink.field("msg_len");
      c.sink.num(bytes);
      c.sink.closeStruct();
    }
    c.sink.closeArray();
  }),
);
