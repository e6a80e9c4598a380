/** struct msghdr with control messages (sendmsg(2), cmsg(3)). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { addHi, addLo, printBytes, printIovec, printTransfer } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { printControl } from "./control.ts";
import { followSockaddr } from "./sockaddr.ts";
import { TIMEOUT_WORDS } from "./timeouts.ts";

/** No length is that. */
const UNREADABLE = Number.NEGATIVE_INFINITY;
const AF_NETLINK = 16;
/** Messages of sendmmsg(2) and recvmmsg(2) that the kernel looks at, and buffers of one. */
const IOV_MAX = 1024;
const ALL = Number.POSITIVE_INFINITY;

/** Byte offsets of struct msghdr's fields for a word size: name, namelen, iov, iovlen, control, controllen, flags. */
const offsets = (word: number) => [0, word, 2 * word, 3 * word, 4 * word, 5 * word, 6 * word];

/** Prints the message header at an arena offset; `data` bytes of its vectors are real. */
function printMsghdr(c: Context, at: number, data: number, nameLength: number | undefined): void {
  const { wordSize: word, sink } = c;
  const o = offsets(word);
  const v = c.memory.view;
  const words = o.map((offset) => {
    c.wordAt(at + offset);
    return [c.wordLo, c.wordHi] as const;
  });
  const length = v.getInt32(at + o[1], true);
  const flags = v.getUint32(at + o[6], true);
  sink.openStruct();
  sink.field("msg_name");
  const shown = nameLength === undefined ? length : Math.min(length, nameLength);
  const family = followSockaddr(c, ...words[0], shown);
  sink.field("msg_namelen");
  if (nameLength !== undefined && nameLength !== length) {
    sink.num(nameLength);
    sink.becomes();
  }
  sink.num(length);
  sink.field("msg_iov");
  const count = words[3][0] + words[3][1] * 4294967296;
  printIovec(c, ...words[2], count, data, family === AF_NETLINK ? printTransfer : printBytes);
  sink.field("msg_iovlen");
  sink.ulong(...words[3]);
  const controlLength = words[5][0] + words[5][1] * 4294967296;
  if (controlLength > 0) {
    sink.field("msg_control");
    printControl(c, ...words[4], controlLength);
  }
  sink.field("msg_controllen");
  sink.ulong(...words[5]);
  sink.field("msg_flags");
  printFlags(c, F.msg_flags, flags);
  sink.closeStruct();
}

/** Arena offset of the message header at an address, -1 if it cannot be read. */
function headerAt(c: Context, lo: number, hi: number, words = 7): number {
  if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) return -1;
  return c.memory.readAll(lo, hi, words * c.wordSize);
}

function follow(c: Context, lo: number, hi: number, data: number, nameLength: number | undefined): void {
  const at = headerAt(c, lo, hi);
  if (at < 0) c.sink.addr(lo, hi);
  else printMsghdr(c, at, data, nameLength);
}

registerValue("msghdr", () => pointerWalker((c, lo, hi) => follow(c, lo, hi, ALL, undefined)));

registerValue("msghdr_out", () => ({
  ...pointerWalker((c, lo, hi) => {
    const length = c.call.saved[0];
    if (length === UNREADABLE) c.sink.addr(lo, hi);
    else if (c.call.error) {
      // nothing has been filled in but what the caller said about the name
      c.sink.openStruct();
      c.sink.field("msg_namelen");
      c.sink.num(length);
      c.sink.closeStruct();
    } else follow(c, lo, hi, c.ret, length);
  }),
  enter(c: Context, lo: number, hi: number) {
    const at = headerAt(c, lo, hi);
    c.call.saved.push(at < 0 ? UNREADABLE : c.memory.view.getInt32(at + c.wordSize, true));
  },
}));

/** What is said of each message of a vector. */
interface Vector {
  readonly count: number;
  /** Messages whose msg_len the kernel has set. */
  readonly done: number;
  /** Only msg_len bytes of a message's buffers are its data. */
  readonly received: boolean;
  /** Room for each message's name, where the caller said so. */
  readonly names: readonly number[] | undefined;
}

function printVector(c: Context, lo: number, hi: number, vector: Vector): void {
  const { sink } = c;
  const { count, names } = vector;
  const size = 8 * c.wordSize;
  const start = hi * 4294967296 + lo;
  // more than fits behind the address is no vector
  const overflows = start + count * size > (c.wordSize === 8 ? 2 ** 64 : 2 ** 32);
  if (count > 0 && (overflows || headerAt(c, lo, hi, 8) < 0)) {
    sink.addr(lo, hi);
    return;
  }
  const shown = c.verbose ? count : Math.min(count, c.options.stringLimit);
  const known = Math.min(IOV_MAX, names?.length ?? IOV_MAX);
  sink.openArray();
  for (let i = 0; i < count; i++) {
    const l = addLo(lo, i * size);
    const h = addHi(lo, hi, i * size);
    sink.item();
    const at = headerAt(c, l, h, 8);
    if (at < 0 || i >= shown || i >= known) {
      sink.more();
      if (at < 0) sink.comment(`0x${(h * 4294967296 + l).toString(16)}`);
      break;
    }
    const bytes = c.memory.view.getUint32(at + 7 * c.wordSize, true);
    sink.openStruct();
    sink.field("msg_hdr");
    printMsghdr(c, at, vector.received ? bytes : ALL, names?.[i]);
    if (i < vector.done) {
      sink.field("msg_len");
      sink.num(bytes);
    }
    sink.closeStruct();
  }
  sink.closeArray();
}

/** struct mmsghdr[]: as many as were to be sent, or as many as were received. */
registerValue("mmsghdr", () => ({
  ...pointerWalker((c, lo, hi) => {
    const sending = c.call.name === "sendmmsg";
    const done = c.call.error ? 0 : c.call.retLo;
    if ((lo === 0 && hi === 0) || !c.options.dereference(c.call.name) || (!sending && c.call.error))
      c.sink.addr(lo, hi);
    else if (sending) printVector(c, lo, hi, { count: c.argLo(2), done, received: false, names: undefined });
    else {
      const names = c.call.saved.slice(0, -TIMEOUT_WORDS);
      printVector(c, lo, hi, { count: done, done, received: true, names });
    }
  }),
  enter(c: Context, lo: number, hi: number) {
    if (c.call.name === "sendmmsg") return;
    const size = 8 * c.wordSize;
    for (let i = 0; i < Math.min(c.argLo(2), IOV_MAX); i++) {
      const at = headerAt(c, addLo(lo, i * size), addHi(lo, hi, i * size), 8);
      if (at < 0) break;
      c.call.saved.push(c.memory.view.getInt32(at + c.wordSize, true));
    }
  },
}));
