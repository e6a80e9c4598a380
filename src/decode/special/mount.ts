/** mount(2)'s arguments, whose meaning depends on its flags, and struct mount_attr. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { printString } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { hexQuoted, readable, trailingBytes, ulongField, valueWalker } from "./bytes.ts";

const MS_REMOUNT = 0x20;
/** MS_BIND, MS_MOVE and the four kinds of propagation take neither type nor data. */
const MOVES = 0x1000 | 0x2000 | 0x20000 | 0x40000 | 0x80000 | 0x100000;
const MAGIC = 0xc0ed0000;
const MAGIC_MASK = 0xffff0000;
const FLAGS_ARG = 3;

const magical = (lo: number): boolean => (lo & MAGIC_MASK) >>> 0 === MAGIC;
/** Flags without the magic number of old, whose bits are others' too. */
function plainFlags(c: Context): number {
  const lo = c.argLo(FLAGS_ARG);
  return magical(lo) ? lo & ~MAGIC_MASK : lo;
}

const text = (c: Context, lo: number, hi: number, ignored: boolean) => {
  if (ignored) c.sink.addr(lo, hi);
  else printString(c, lo, hi, c.options.stringLimit);
};

registerValue("mount_type", () =>
  pointerWalker((c, lo, hi) => text(c, lo, hi, (plainFlags(c) & (MS_REMOUNT | MOVES)) !== 0)),
);

registerValue("mount_data", () =>
  pointerWalker((c, lo, hi) => {
    const flags = plainFlags(c);
    text(c, lo, hi, (flags & MS_REMOUNT) === 0 && (flags & MOVES) !== 0);
  }),
);

registerValue("mount_flags", () =>
  valueWalker("word", (c, lo, hi) => {
    if (!magical(lo)) {
      printFlags(c, F.mount_flags, lo, hi);
      return;
    }
    c.sink.xlat(MAGIC, 0, "MS_MGC_VAL", "", "hex");
    const rest = lo & ~MAGIC_MASK;
    if (rest === 0) return;
    c.sink.word("|");
    printFlags(c, F.mount_flags, rest);
  }),
);

/** Bytes in hexadecimal: one more than is shown has to be there. Where they are if their number is negative. */
function hexBytes(c: Context, lo: number, hi: number, length: number): void {
  const { stringLimit } = c.options;
  const none = length < 0 || (lo === 0 && hi === 0);
  const at = none ? -1 : c.memory.readMost(lo, hi, Math.min(length, stringLimit + 1));
  if (at < 0) c.sink.addr(lo, hi);
  else hexQuoted(c, at, length, Math.min(c.memory.got, stringLimit));
}

/** Bytes always shown in hexadecimal; argument `data` says how many. */
registerValue("hex_buffer", (data) =>
  pointerWalker((c, lo, hi) => {
    const length = c.argLo(c.index(data as string)) | 0;
    hexBytes(c, lo, hi, length);
  }),
);

/** Output always shown in hexadecimal, as many bytes as the call returned. */
registerValue("hex_returned", () =>
  pointerWalker((c, lo, hi) => {
    const length = c.failed ? -1 : c.ret;
    hexBytes(c, lo, hi, c.beyond(hi) ? -1 : length);
  }),
);

const MOUNT_ATTR_SIZE = 32;
const MOUNT_ATTR_IDMAP = 0x100000;
const INT_MAX = 0x7fffffff;

/** struct mount_attr; argument `size` may say that the caller's is larger than ours. */
registerValue("mount_attr", () =>
  pointerWalker((c, lo, hi) => {
    const size = c.number(c.index("size"));
    const at = size < MOUNT_ATTR_SIZE ? -1 : readable(c, lo, hi, MOUNT_ATTR_SIZE);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const half = (offset: number) => c.memory.view.getUint32(at + offset, true);
    c.sink.openStruct();
    c.sink.field("attr_set");
    printFlags(c, F.mount_attrs, half(0), half(4));
    c.sink.field("attr_clr");
    printFlags(c, F.mount_attrs, half(8), half(12));
    c.sink.field("propagation");
    printEnum(c, F.mount_propagations, half(16), half(20));
    // only then does the kernel take it for a descriptor
    const mapped = (half(0) & MOUNT_ATTR_IDMAP) !== 0 && half(28) === 0 && half(24) <= INT_MAX;
    if (mapped) {
      c.sink.field("userns_fd");
      c.fd(half(24));
    } else ulongField(c, "userns_fd", at + 24);
    trailingBytes(c, lo, hi, MOUNT_ATTR_SIZE, size);
    c.sink.closeStruct();
  }),
);
