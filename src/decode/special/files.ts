/** Arguments of calls on file names: open_how, mknod's mode and device, file handles, times. */
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { dateComment, secondOf } from "../dates.ts";
import { printBasedFlags, printEnum, printFlags } from "../flags.ts";
import { printString } from "../pointers.ts";
import { modeDigits, modeText } from "../scalars.ts";
import { pointerWalker, registerValue } from "../walker.ts";
import { hexQuoted, readable, trailingBytes, valueWalker } from "./bytes.ts";

const OPEN_HOW = 24;
const AT_SIZE = 3;

/** struct open_how; its size is openat2's last argument and may be larger than what we know. */
registerValue("open_how", () =>
  pointerWalker((c, lo, hi) => {
    const size = c.number(AT_SIZE);
    const at = size < OPEN_HOW ? -1 : readable(c, lo, hi, OPEN_HOW);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const v = c.memory.view;
    const half = (offset: number) => v.getUint32(at + offset, true);
    c.sink.openStruct();
    c.sink.field("flags");
    printBasedFlags(c, F.open_modes, F.open_flags, half(0), half(4));
    const mode = v.getBigUint64(at + 8, true);
    if (mode !== 0n || half(0) & (0o100 | 0o20000000)) {
      c.sink.field("mode");
      c.sink.word(mode < 0o1000n ? modeDigits(Number(mode)) : `0${mode.toString(8)}`);
    }
    c.sink.field("resolve");
    printFlags(c, F.resolve_flags, half(16), half(20));
    trailingBytes(c, lo, hi, OPEN_HOW, size);
    c.sink.closeStruct();
  }),
);

/** mknod's mode: without a file type it is a regular file and prints as a plain number. */
registerValue("mknod_mode", () =>
  valueWalker(4, (c, lo) => {
    const mode = lo & 0xffff;
    c.sink.xlat(mode, 0, modeText(mode), "", "octal");
  }),
);

/** A device number in the 32 bits that mknod(2) and ustat(2) take. */
registerValue("mknod_dev", () => valueWalker(4, (c, lo) => compile({ kind: "dev" }).value(c, lo, 0)));

const FAN_CLASS = 0xc;
/** fanotify_init(2): a class, then flags. */
registerValue("fanotify_flags", () =>
  valueWalker(4, (c, lo) => {
    printEnum(c, F.fanotify_classes, lo & FAN_CLASS);
    const flags = (lo & ~FAN_CLASS) >>> 0;
    if (flags === 0) return;
    c.sink.word("|");
    printFlags(c, F.fanotify_init_flags, flags);
  }),
);

const FAN_NOFD = 0xffffffff;
registerValue("fan_dirfd", () =>
  valueWalker(4, (c, lo, hi) => {
    if (lo === FAN_NOFD) c.sink.xlat(lo, 0, "FAN_NOFD", "", "dec");
    else compile({ kind: "dirfd" }).value(c, lo, hi);
  }),
);

const HANDLE_HEADER = 8;
const MAX_HANDLE = 128;

/** struct file_handle. For name_to_handle_at (data "inout") the kernel changes handle_bytes. */
registerValue("file_handle", (data) =>
  pointerWalker(
    (c, lo, hi) => {
      const { error } = c.call;
      const skip = (lo === 0 && hi === 0) || !c.options.dereference(c.call.name);
      const at = skip ? -1 : c.memory.readAll(lo, hi, HANDLE_HEADER);
      if (at < 0) {
        c.sink.addr(lo, hi);
        return;
      }
      const v = c.memory.view;
      const bytes = v.getUint32(at, true);
      const before = data === "inout" ? c.call.saved[0] : bytes;
      const EOVERFLOW = 75;
      c.sink.openStruct();
      c.sink.field("handle_bytes");
      c.sink.num(before);
      if (data === "inout" && before !== bytes && (error === 0 || error === EOVERFLOW)) {
        c.sink.becomes();
        c.sink.num(bytes);
      }
      if (data !== "inout" || error === 0) {
        c.sink.field("handle_type");
        c.sink.num(v.getInt32(at + 4, true));
        c.sink.field("f_handle");
        const length = Math.min(bytes, MAX_HANDLE);
        const body = c.memory.readAll(
          (lo + HANDLE_HEADER) >>> 0,
          hi + (lo + HANDLE_HEADER > 0xffffffff ? 1 : 0),
          length,
        );
        if (body < 0) c.sink.word("???");
        else {
          hexQuoted(c, body, length, MAX_HANDLE);
          if (bytes > MAX_HANDLE) c.sink.more();
        }
      }
      c.sink.closeStruct();
    },
    (c, lo, hi) => {
      if (data === "inout") c.call.saved[0] = (c.readInt(lo, hi) ?? 0) >>> 0;
    },
  ),
);

const AT_HANDLE_MNT_ID_UNIQUE = 1;
/** Where name_to_handle_at puts the mount id: an int, or 64 bits if the flags ask for the unique one. */
registerValue("mount_id", () =>
  pointerWalker((c, lo, hi) => {
    const unique = (c.argLo(4) & AT_HANDLE_MNT_ID_UNIQUE) !== 0;
    const handle = c.memory.readAll(c.argLo(2), c.argHi(2), HANDLE_HEADER);
    const at = handle < 0 ? -1 : readable(c, lo, hi, unique ? 8 : 4);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    c.sink.item();
    if (unique) c.sink.ulong(c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
    else c.sink.num(c.memory.view.getInt32(at, true));
    c.sink.closeArray();
  }),
);

const PATH_MAX = 4096;
/** The directory getcwd wrote: its result counts the NUL, too. */
registerValue("cwd", () =>
  pointerWalker((c, lo, hi) => printString(c, lo, hi, Math.min(PATH_MAX, c.ret < 1 ? PATH_MAX : c.ret) - 1)),
);

const SWAP_PRIO_MASK = 0x7fff;
registerValue("swap_flags", () =>
  valueWalker(4, (c, lo) => {
    const priority = lo & SWAP_PRIO_MASK;
    const flags = (lo & ~SWAP_PRIO_MASK) >>> 0;
    if (flags !== 0) {
      printFlags(c, F.swapon_flags, flags);
      c.sink.word("|");
    }
    c.sink.num(priority);
  }),
);

/** struct utimbuf: two times_t. */
registerValue("utimbuf", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.longSize;
    const at = readable(c, lo, hi, 2 * word);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    for (const [name, offset] of [
      ["actime", 0],
      ["modtime", word],
    ] as const) {
      c.sink.field(name);
      c.signedAt(at + offset, word);
      c.sink.long(c.wordLo, c.wordHi);
      dateComment(c, secondOf(c.wordLo, c.wordHi), 0, 9);
    }
    c.sink.closeStruct();
  }),
);

const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;

function printTimePair(
  c: Context,
  lo: number,
  hi: number,
  fraction: "tv_usec" | "tv_nsec",
  word = layout(c.call.abi, "timespec").size / 2,
): void {
  const at = readable(c, lo, hi, 4 * word);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openArray();
  for (const offset of [0, 2 * word]) {
    c.sink.item();
    printTime(c, at + offset, word, fraction);
  }
  c.sink.closeArray();
}

function printTime(c: Context, at: number, word: number, fraction: "tv_usec" | "tv_nsec"): void {
  const { view } = c.memory;
  c.signedAt(at, word);
  const [secLo, secHi] = [c.wordLo, c.wordHi];
  const part = c.integer(at + word, word, true);
  const name =
    fraction !== "tv_nsec"
      ? undefined
      : part === UTIME_NOW
        ? "UTIME_NOW"
        : part === UTIME_OMIT
          ? "UTIME_OMIT"
          : undefined;
  if (name && c.options.xlat === "abbrev") {
    c.sink.word(name);
    return;
  }
  c.sink.openStruct();
  c.sink.field("tv_sec");
  c.sink.long(secLo, secHi);
  c.sink.field(fraction);
  c.sink.ulong(view.getUint32(at + word, true), word === 8 ? view.getUint32(at + word + 4, true) : 0);
  c.sink.closeStruct();
  if (!name) dateComment(c, secondOf(secLo, secHi), part, fraction === "tv_usec" ? 6 : 9);
  else if (c.options.xlat === "verbose") c.sink.comment(name);
}

registerValue("timevals", () => pointerWalker((c, lo, hi) => printTimePair(c, lo, hi, "tv_usec")));
registerValue("utimensat_times", () => pointerWalker((c, lo, hi) => printTimePair(c, lo, hi, "tv_nsec")));

registerValue("utimensat_times64", () =>
  pointerWalker((c, lo, hi) => printTimePair(c, lo, hi, "tv_nsec", 8)),
);

/** A file offset the call moves: `[3] => [8]`. It has 64 bits unless `data` says "long", a sign unless "unsigned". */
registerValue("moving_offset", (data) => {
  const read = (c: Context, lo: number, hi: number): readonly [number, number] | undefined => {
    const size = data === "long" ? c.longSize : 8;
    const skip = (lo === 0 && hi === 0) || !c.options.dereference(c.call.name);
    const at = skip ? -1 : c.memory.readAll(lo, hi, size);
    if (at < 0) return undefined;
    c.signedAt(at, size);
    return [c.wordLo, c.wordHi];
  };
  return pointerWalker(
    (c, lo, hi) => {
      const { failed } = c;
      c.failed = false;
      const after = read(c, lo, hi);
      c.failed = failed;
      if (!after) {
        c.sink.addr(lo, hi);
        return;
      }
      const [before, beforeHigh] = c.call.saved;
      const show = (l: number, h: number) => {
        c.sink.openArray();
        c.sink.item();
        if (data === "unsigned") c.sink.ulong(l, h);
        else c.sink.long(l, h);
        c.sink.closeArray();
      };
      show(before ?? after[0], beforeHigh ?? after[1]);
      if (c.call.error === 0 && c.ret > 0) {
        c.sink.becomes();
        show(...after);
      }
    },
    (c, lo, hi) => {
      const before = read(c, lo, hi);
      if (before) c.call.saved.push(...before);
    },
  );
});
