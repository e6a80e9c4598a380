/** struct msghdr with control messages (sendmsg(2), cmsg(3)). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { addHi, addLo, elements, printIovec, printTransfer } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { printControl } from "./control.ts";
import { followSockaddr } from "./sockaddr.ts";

/** No length is that. */
const UNREADABLE = Number.NEGATIVE_INFINITY;

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
  printIovec(c, ...words[2], words[3][0] + words[3][1] * 4294967296, data, printTransfer);
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

registerValue("msghdr", () =>
  pointerWalker((c, lo, hi) => printMsghdr(c, lo, hi, Number.POSITIVE_INFINITY, undefined)),
);

registerValue("msghdr_out", () => ({
  ...pointerWalker((c, lo, hi) => {
    const length = c.call.saved[0];
    if (length === UNREADABLE || !c.options.dereference(c.call.name)) c.sink.addr(lo, hi);
    else if (c.call.error) {
      // nothing has been filled in but what the caller said about the name
      c.sink.openStruct();
      c.sink.field("msg_namelen");
      c.sink.num(length);
      c.sink.closeStruct();
    } else printMsghdr(c, lo, hi, c.ret, length);
  }),
  enter(c: Context, lo: number, hi: number) {
    const word = c.wordSize;
    const at = lo === 0 && hi === 0 ? -1 : c.memory.readAll(lo, hi, 7 * word);
    c.call.saved.push(at < 0 ? UNREADABLE : c.memory.view.getInt32(at + word, true));
  },
}));

/** One struct mmsghdr; `length` is what was transferred of it, where that is known. */
function printEntry(
  c: Context,
  at: number,
  lo: number,
  hi: number,
  received: boolean,
  counted: boolean,
): void {
  const length = c.memory.view.getUint32(at + 7 * c.wordSize, true);
  c.sink.openStruct();
  c.sink.field("msg_hdr");
  printMsghdr(c, lo, hi, received ? length : Number.POSITIVE_INFINITY, undefined);
  if (counted) {
    c.sink.field("msg_len");
    c.sink.num(length);
  }
  c.sink.closeStruct();
}

/** struct mmsghdr[]: for sendmmsg all of them, of those that were sent how much; for recvmmsg what has come. */
registerValue("mmsghdr", (data) =>
  pointerWalker((c, lo, hi) => {
    const received = data === "received";
    const done = c.call.error ? 0 : c.ret;
    if ((received && c.call.error) || !c.options.dereference(c.call.name)) {
      c.sink.addr(lo, hi);
      return;
    }
    const count = received ? done : c.argLo(2);
    const size = 8 * c.wordSize;
    if (count === 0 && (!received || lo !== 0 || hi !== 0)) {
      c.sink.openArray();
      c.sink.closeArray();
      return;
    }
    if ((lo === 0 && hi === 0) || c.memory.readAll(lo, hi, size) < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    elements(c, lo, hi, size, count, (at, i) =>
      printEntry(c, at, addLo(lo, i * size), addHi(lo, hi, i * size), received, received || i < done),
    );
    c.sink.closeArray();
  }),
);
