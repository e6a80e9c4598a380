/** ioctl(2): the command's name, and its argument where it is well known. */
import * as F from "../../abi/flags.ts";
import { ioctlNames } from "../../abi/ioctls.ts";
import { layout } from "../../abi/layouts.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames } from "../flags.ts";
import { registerCall } from "../walker.ts";

type Kind =
  | "none"
  | "int-in"
  | "int-out"
  | "pid-out"
  | "pid-in"
  | "winsize-in"
  | "winsize-out"
  | "termios-in"
  | "termios-out"
  | "value"
  | "u64-out"
  | "fd";

const known: Readonly<Record<number, Kind>> = {
  21505: "termios-out",
  21506: "termios-in",
  21507: "termios-in",
  21508: "termios-in",
  21513: "value",
  21514: "value",
  21515: "value",
  21518: "value",
  21519: "pid-out",
  21520: "pid-in",
  21523: "winsize-out",
  21524: "winsize-in",
  21531: "int-out",
  21521: "int-out",
  21537: "int-in",
  21538: "none",
  21545: "pid-out",
  21584: "none",
  21585: "none",
  21586: "int-in",
  21516: "none",
  21517: "none",
  2147767344: "int-out",
  1074025521: "int-in",
  21569: "value",
  2148012658: "u64-out",
  4712: "int-out",
  1074041865: "fd",
};

registerCall("ioctl", {
  enter(c) {
    const { sink } = c;
    const cmd = c.argLo(1);
    sink.arg("fd");
    sink.fd(c.argLo(0) | 0, c.options.fdText?.(c.task.tid, c.argLo(0) | 0));
    sink.arg("op");
    sink.xlat(cmd, 0, commandText(cmd), "", "hex");
    const kind = known[cmd];
    if (kind?.endsWith("-out")) return false;
    if (kind === "none") return true;
    sink.arg("arg");
    input(c, kind);
    return true;
  },
  exit(c) {
    const lo = c.argLo(2);
    const hi = c.argHi(2);
    c.sink.arg("arg");
    if (c.call.error) c.sink.addr(lo, hi);
    else output(c, known[c.argLo(1)], lo, hi);
  },
});

/** The name, or _IOC() with its parts: direction, type, number, size (asm-generic/ioctl.h). */
function commandText(cmd: number): string {
  const names = ioctlNames(cmd);
  if (names.length > 0) return names.join(" or ");
  const direction = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"][cmd >>> 30];
  const hex = (n: number) => (n === 0 ? "0" : `0x${n.toString(16)}`);
  return `_IOC(${direction}, ${hex((cmd >>> 8) & 0xff)}, ${hex(cmd & 0xff)}, ${hex((cmd >>> 16) & 0x3fff)})`;
}

function input(c: Context, kind: Kind | undefined): void {
  const lo = c.argLo(2);
  const hi = c.argHi(2);
  switch (kind) {
    case "int-in":
    case "pid-in": {
      const value = c.readInt(lo, hi);
      if (value === undefined) c.sink.addr(lo, hi);
      else bracketed(c, value);
      break;
    }
    case "winsize-in":
      winsize(c, lo, hi);
      break;
    case "termios-in":
      termios(c, lo, hi);
      break;
    case "value":
      c.sink.num(lo | 0);
      break;
    case "fd":
      c.sink.fd(lo | 0, c.options.fdText?.(c.task.tid, lo | 0));
      break;
    default:
      if (lo === 0 && hi === 0) c.sink.num(0);
      else c.sink.hex(lo, hi);
  }
}

function output(c: Context, kind: Kind | undefined, lo: number, hi: number): void {
  if (kind === "termios-out") termios(c, lo, hi);
  else if (kind === "winsize-out") winsize(c, lo, hi);
  else if (kind === "u64-out") {
    const at = c.memory.readAll(lo, hi, 8);
    if (at < 0) c.sink.addr(lo, hi);
    else {
      c.sink.openArray();
      c.sink.item();
      c.sink.ulong(c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
      c.sink.closeArray();
    }
  } else {
    const value = c.readInt(lo, hi);
    if (value === undefined) c.sink.addr(lo, hi);
    else bracketed(c, value);
  }
}

function bracketed(c: Context, value: number): void {
  c.sink.openArray();
  c.sink.item();
  c.sink.num(value);
  c.sink.closeArray();
}

function winsize(c: Context, lo: number, hi: number): void {
  const l = layout(c.call.abi, "winsize");
  const at = c.memory.readAll(lo, hi, l.size);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openStruct();
  for (const f of l.fields) {
    c.sink.field(f.name);
    c.sink.num(c.memory.view.getUint16(at + f.offset, true));
  }
  c.sink.closeStruct();
}

const CBAUD = 0o10017;
const CSIZE = 0o60;
/** Delay fields of c_oflag: name, mask, bits below. */
const delays: readonly (readonly [string, number, number])[] = [
  ["NL", 0o400, 8],
  ["CR", 0o3000, 9],
  ["TAB", 0o14000, 11],
  ["BS", 0o20000, 13],
  ["VT", 0o40000, 14],
  ["FF", 0o100000, 15],
];

/** The kernel's struct termios: four flag words, the line discipline, 19 control characters (asm-generic/termbits.h). */
function termios(c: Context, lo: number, hi: number): void {
  const at = c.memory.readAll(lo, hi, 36);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const [iflag, oflag, cflag, lflag] = [0, 4, 8, 12].map((o) => c.memory.view.getUint32(at + o, true));
  const join = (...parts: (string | undefined)[]) =>
    parts.filter((p) => p !== undefined && p !== "").join("|") || "0";
  c.sink.openStruct();
  c.sink.field("c_iflag");
  c.sink.word(join(flagNames(F.term_iflags, iflag)));
  c.sink.field("c_oflag");
  const delayBits = delays.reduce((m, [, mask]) => m | mask, 0);
  const delayNames = delays.map(([name, mask, shift]) => `${name}${(oflag & mask) >>> shift}`);
  c.sink.word(join(...delayNames, flagNames(F.term_oflags, (oflag & ~delayBits) >>> 0)));
  c.sink.field("c_cflag");
  c.sink.word(
    join(
      enumName(F.term_speeds, cflag & CBAUD),
      enumName(F.term_sizes, cflag & CSIZE),
      flagNames(F.term_cflags, (cflag & ~(CBAUD | CSIZE)) >>> 0),
    ),
  );
  c.sink.field("c_lflag");
  c.sink.word(join(flagNames(F.term_lflags, lflag)));
  if (c.verbose) {
    c.sink.field("c_line");
    c.sink.word(c.memory.bytes[at + 16] === 0 ? "N_TTY" : String(c.memory.bytes[at + 16]));
    c.sink.field("c_cc");
    c.sink.word(
      `"${[...c.memory.bytes.subarray(at + 17, at + 36)].map((b) => `\\x${b.toString(16).padStart(2, "0")}`).join("")}"`,
    );
  } else {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeStruct();
}
