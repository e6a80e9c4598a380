/** Printers of values that need no memory. */
import { errnoName } from "../abi/errno.ts";
import { signalName } from "../abi/signals.ts";
import type { ScalarKind } from "../syscalls/types/types.ts";
import type { Context } from "./context.ts";
import { dateComment, secondOf } from "./dates.ts";
import type { Walker } from "./walker.ts";

const AT_FDCWD = -100;
const NO_ID = 0xffffffff;

const formats: readonly (readonly [number, string])[] = [
  [0o140000, "S_IFSOCK"],
  [0o120000, "S_IFLNK"],
  [0o100000, "S_IFREG"],
  [0o060000, "S_IFBLK"],
  [0o040000, "S_IFDIR"],
  [0o020000, "S_IFCHR"],
  [0o010000, "S_IFIFO"],
];

/** At least three digits, as file modes are written: 000, 005, 0644. */
export function modeDigits(value: number): string {
  return (value === 0 ? "0" : `0${value.toString(8)}`).padStart(3, "0");
}

/** `S_IFREG|S_ISUID|0755` for st_mode; a type without a name leaves a number. */
export function modeText(value: number): string | undefined {
  const kind = value & 0o170000;
  const format = formats.find(([bits]) => kind === bits);
  if (!format && kind !== 0) return undefined;
  const special =
    (value & 0o4000 ? "S_ISUID|" : "") +
    (value & 0o2000 ? "S_ISGID|" : "") +
    (value & 0o1000 ? "S_ISVTX|" : "");
  const rest = (value & ~(kind | 0o7000)) >>> 0;
  return `${format ? `${format[1]}|` : ""}${special}${modeDigits(rest)}`;
}

type Printer = (c: Context, lo: number, hi: number) => void;

const printers: Record<ScalarKind, Printer> = {
  int: (c, lo) => c.sink.num(lo | 0),
  uint: (c, lo) => c.sink.num(lo >>> 0),
  short: (c, lo) => c.sink.num((lo << 16) >> 16),
  ushort: (c, lo) => c.sink.num(lo & 0xffff),
  byte: (c, lo) => c.sink.num(lo & 0xff),
  long: (c, lo, hi) => (c.longSize === 4 && hi === 0 ? c.sink.num(lo | 0) : c.sink.long(lo, hi)),
  ulong: (c, lo, hi) => c.sink.ulong(lo, hi),
  time: (c, lo, hi) => {
    c.sink.long(lo, hi);
    dateComment(c, secondOf(lo, hi), 0, 9);
  },
  hex: (c, lo, hi) => c.sink.hex(lo, hi),
  hex32: (c, lo) => c.sink.hex(lo, 0),
  addr: (c, lo, hi) => c.sink.addr(lo, hi),
  mode: (c, lo) => c.sink.xlat(lo, 0, modeText(lo), "", "octal"),
  umode: (c, lo) => c.sink.word(modeDigits(lo & 0xffff)),
  dev: (c, lo, hi) => {
    // Linux's 64-bit dev_t: include/linux/kdev_t.h, glibc's makedev(3)
    const major = ((lo >>> 8) & 0xfff) | (hi & 0xfffff000);
    const minor = (lo & 0xff) | (((lo >>> 12) | (hi << 20)) & 0xffffff00);
    const digits = (n: number) => (n === 0 ? "0" : `0x${(n >>> 0).toString(16)}`);
    c.sink.xlat(lo, hi, `makedev(${digits(major)}, ${digits(minor)})`, "", "hex");
  },
  fd: (c, lo) => c.fd(lo | 0),
  dirfd: (c, lo) => {
    if ((lo | 0) !== AT_FDCWD) c.fd(lo | 0);
    else {
      const cwd = c.options.cwdText?.(c.task.tid);
      c.sink.xlat(lo, 0, "AT_FDCWD", "AT_???", "dec");
      if (cwd !== undefined) c.sink.word(cwd);
    }
  },
  pid: (c, lo) => c.pid(lo | 0),
  uid: (c, lo) => c.sink.num(lo >>> 0 === NO_ID ? -1 : lo >>> 0),
  gid: (c, lo) => c.sink.num(lo >>> 0 === NO_ID ? -1 : lo >>> 0),
  signal: (c, lo) => {
    const n = lo | 0;
    if (n > 0 && n <= 64) c.sink.xlat(lo, 0, signalName(n), "SIG_???", "dec");
    else c.sink.num(n);
  },
  errno: (c, lo) => c.sink.xlat(lo, 0, errnoName(lo | 0), "E???", "dec"),
};

const sizes: Partial<Record<ScalarKind, number>> = {
  int: 4,
  uint: 4,
  short: 2,
  ushort: 2,
  byte: 1,
  hex32: 4,
  mode: 4,
  umode: 4,
  dev: 8,
  fd: 4,
  dirfd: 4,
  pid: 4,
  uid: 4,
  gid: 4,
  signal: 4,
  errno: 4,
};
const longs: ReadonlySet<ScalarKind> = new Set(["long", "ulong", "time"]);
const signed: ReadonlySet<ScalarKind> = new Set(["int", "short", "long", "time", "fd", "dirfd", "pid"]);

/** Size in bytes of a scalar in memory; words follow the tracee. */
export function scalarWalker(kind: ScalarKind): Walker {
  const value = printers[kind];
  const fixed = sizes[kind];
  const size = (c: Context) => fixed ?? (longs.has(kind) ? c.longSize : c.wordSize);
  return {
    size,
    value,
    memory: (c, at) => loadInteger(c, at, size(c), signed.has(kind), value),
  };
}

/** Loads an integer of `size` bytes from the arena, extends it to 64 bits and hands the halves to `print`. */
export function loadInteger(c: Context, at: number, size: number, isSigned: boolean, print: Printer): void {
  const v = c.memory.view;
  if (size === 8) {
    print(c, v.getUint32(at, true), v.getUint32(at + 4, true));
    return;
  }
  const n = c.integer(at, size, isSigned);
  print(c, n >>> 0, n < 0 ? 0xffffffff : 0);
}
