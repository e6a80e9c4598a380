/** Values and lists of extended attributes. */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { printBytes } from "../pointers.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { pointed } from "./bytes.ts";

const XATTR_SIZE_MAX = 65536;

/** `length` bytes without the NUL most values end in. */
function printValue(c: Context, lo: number, hi: number, length: number): void {
  if (length > XATTR_SIZE_MAX) {
    c.sink.addr(lo, hi);
    return;
  }
  // a NUL at the end of what is shown is left out, and then nothing more is said (as strace does)
  printBytes(c, lo, hi, length, true);
}

registerValue("xattr_value", () =>
  pointerWalker((c, lo, hi) => {
    if (c.failed) c.sink.addr(lo, hi);
    else printValue(c, lo, hi, c.exiting ? c.ret : c.arg(c.index("size")));
  }),
);

/** The names listxattr found, each ended by a NUL. */
registerValue("xattr_list", () =>
  pointerWalker((c, lo, hi) => {
    printBytes(c, lo, hi, c.failed || c.arg(c.index("size")) === 0 ? -1 : c.ret);
  }),
);

/** struct xattr_args of setxattrat and getxattrat: where the value is, its size, flags. */
registerValue("xattr_args", () =>
  pointed(16, (c, at) => {
    const v = c.memory.view;
    const lo = v.getUint32(at, true);
    const hi = v.getUint32(at + 4, true);
    const size = v.getUint32(at + 8, true);
    const flags = v.getUint32(at + 12, true);
    c.sink.openStruct();
    c.sink.field("value");
    printValue(c, lo, hi, c.exiting ? c.ret : size);
    c.sink.field("size");
    c.sink.num(size);
    c.sink.field("flags");
    printFlags(c, F.xattr_flags, flags);
    c.sink.closeStruct();
  }),
);
