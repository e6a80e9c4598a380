/** struct stat, struct statx, directory entries, file system ids. */
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import type { Abi } from "../../abi/syscalls.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { dateComment, secondOf } from "../dates.ts";
import { printBasedFlags, printEnum, printFlags } from "../flags.ts";
import { modeText } from "../scalars.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { pointed, readable, ulongField, valueWalker } from "./bytes.ts";

const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;

const dev = compile({ kind: "dev" });
const uid = compile({ kind: "uid" });

type Offsets = ReadonlyMap<string, { readonly at: number; readonly size: number; readonly signed: boolean }>;

function offsets(struct: string): (abi: Abi) => Offsets {
  const known = new Map<Abi, Offsets>();
  return (abi) => {
    let found = known.get(abi);
    if (!found) {
      found = new Map(
        layout(abi, struct).fields.map((f) => [f.name, { at: f.offset, size: f.size, signed: f.signed }]),
      );
      known.set(abi, found);
    }
    return found;
  };
}

/** `S_IFREG|0644`. */
function printMode(c: Context, mode: number): void {
  c.sink.xlat(mode, 0, modeText(mode), "", "octal");
}

function printStat(struct: string): Walker {
  const of = offsets(struct);
  return pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, layout(c.call.abi, struct).size);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const fields = of(c.call.abi);
    const { view } = c.memory;
    const number = (name: string) => {
      const f = fields.get(name)!;
      return c.integer(at + f.at, f.size, f.signed);
    };
    const print = (name: string, walker: Walker | undefined) => {
      // the old one has no blocks
      const f = fields.get(name) ?? { at: 0, size: 0, signed: false };
      c.sink.field(name);
      const low = f.size === 0 ? 0 : c.integer(at + f.at, Math.min(f.size, 4), false);
      const high = f.size === 8 ? view.getUint32(at + f.at + 4, true) : 0;
      if (walker) walker.value(c, low, high);
      else c.sink.ulong(low, high);
    };
    const mode = number("st_mode");
    const type = mode & S_IFMT;
    c.sink.openStruct();
    if (c.verbose) {
      print("st_dev", dev);
      print("st_ino", undefined);
    }
    c.sink.field("st_mode");
    printMode(c, mode);
    if (c.verbose) {
      print("st_nlink", undefined);
      print("st_uid", undefined);
      print("st_gid", undefined);
      print("st_blksize", undefined);
      print("st_blocks", undefined);
    }
    if (type === S_IFCHR || type === S_IFBLK) print("st_rdev", dev);
    else print("st_size", undefined);
    if (c.verbose) {
      for (const time of ["st_atime", "st_mtime", "st_ctime"]) {
        const f = fields.get(time)!;
        const nsec = fields.has(`${time}_nsec`) ? number(`${time}_nsec`) : undefined;
        c.signedAt(at + f.at, f.size);
        c.sink.field(time);
        c.sink.long(c.wordLo, c.wordHi);
        dateComment(c, secondOf(c.wordLo, c.wordHi), nsec ?? 0, 9);
        if (nsec !== undefined) print(`${time}_nsec`, undefined);
      }
    } else {
      c.sink.item();
      c.sink.more();
    }
    c.sink.closeStruct();
  });
}

registerValue("stat", () => printStat("stat"));
registerValue("oldstat", () => printStat("oldstat"));
registerValue("stat64", () => printStat("stat64"));

const STATX_TYPE = 1;
const STATX_MODE = 2;
const STATX_NLINK = 4;
const STATX_UID = 8;
const STATX_GID = 0x10;
const STATX_ATIME = 0x20;
const STATX_MTIME = 0x40;
const STATX_CTIME = 0x80;
const STATX_INO = 0x100;
const STATX_SIZE = 0x200;
const STATX_BLOCKS = 0x400;
const STATX_BTIME = 0x800;
const STATX_MNT_ID = 0x1000;
const STATX_MNT_ID_UNIQUE = 0x4000;
const STATX_DIOALIGN = 0x2000;
const STATX_SUBVOL = 0x8000;
const STATX_WRITE_ATOMIC = 0x10000;
const STATX_DIO_READ_ALIGN = 0x20000;

const STATX_SYNC = 0x6000;
/** What is not known goes without a comment there. */
const otherFlags = { ...F.at_flags, fallback: "" };
/** How to synchronise, and the other flags: with -X raw and -X verbose they are two numbers. */
registerValue("statx_flags", () =>
  valueWalker(4, (c, lo) => {
    const rest = (lo & ~STATX_SYNC) >>> 0;
    if (c.options.xlat === "abbrev" || (c.options.xlat === "raw" && (lo & STATX_SYNC) === 0)) {
      printBasedFlags(c, F.statx_sync, F.at_flags, lo);
      return;
    }
    printEnum(c, F.statx_sync, lo & STATX_SYNC);
    if (rest === 0) return;
    c.sink.word("|");
    printFlags(c, otherFlags, rest);
  }),
);

/** Offsets in struct statx, from linux/stat.h; the same on every ABI. */
const timeOffsets = { stx_atime: 64, stx_btime: 80, stx_ctime: 96, stx_mtime: 112 } as const;

registerValue("statx", () =>
  pointed(256, (c, at) => {
    const { sink } = c;
    const v = c.memory.view;
    const u32 = (name: string, offset: number) => {
      sink.field(name);
      sink.num(v.getUint32(at + offset, true));
    };
    const hex = (name: string, offset: number) => {
      sink.field(name);
      sink.hex(v.getUint32(at + offset, true), v.getUint32(at + offset + 4, true));
    };
    const attributes = (name: string, offset: number) => {
      sink.field(name);
      printFlags(c, F.statx_attrs, v.getUint32(at + offset, true), v.getUint32(at + offset + 4, true));
    };
    const time = (name: keyof typeof timeOffsets) => {
      const where = at + timeOffsets[name];
      sink.field(name);
      sink.openStruct();
      sink.field("tv_sec");
      sink.long(v.getUint32(where, true), v.getUint32(where + 4, true));
      sink.field("tv_nsec");
      sink.num(v.getUint32(where + 8, true));
      sink.closeStruct();
      dateComment(
        c,
        secondOf(v.getUint32(where, true), v.getUint32(where + 4, true)),
        v.getUint32(where + 8, true),
        9,
      );
    };
    const mask = v.getUint32(at, true);
    sink.openStruct();
    sink.field("stx_mask");
    printFlags(c, F.statx_masks, mask);
    if (c.verbose) u32("stx_blksize", 4);
    attributes("stx_attributes", 8);
    if (c.verbose) {
      if (mask & STATX_NLINK) u32("stx_nlink", 16);
      for (const [name, offset, bit] of [
        ["stx_uid", 20, STATX_UID],
        ["stx_gid", 24, STATX_GID],
      ] as const) {
        if ((mask & bit) === 0) continue;
        sink.field(name);
        uid.value(c, v.getUint32(at + offset, true), 0);
      }
    }
    if (mask & (STATX_TYPE | STATX_MODE)) {
      sink.field("stx_mode");
      printMode(c, v.getUint16(at + 28, true));
    }
    if (c.verbose && mask & STATX_INO) ulongField(c, "stx_ino", at + 32);
    if (mask & STATX_SIZE) ulongField(c, "stx_size", at + 40);
    if (!c.verbose) {
      sink.item();
      sink.more();
      sink.closeStruct();
      return;
    }
    if (mask & STATX_BLOCKS) ulongField(c, "stx_blocks", at + 48);
    attributes("stx_attributes_mask", 56);
    if (mask & STATX_ATIME) time("stx_atime");
    if (mask & STATX_BTIME) time("stx_btime");
    if (mask & STATX_CTIME) time("stx_ctime");
    if (mask & STATX_MTIME) time("stx_mtime");
    u32("stx_rdev_major", 128);
    u32("stx_rdev_minor", 132);
    u32("stx_dev_major", 136);
    u32("stx_dev_minor", 140);
    if (mask & (STATX_MNT_ID | STATX_MNT_ID_UNIQUE)) hex("stx_mnt_id", 144);
    if (mask & STATX_DIOALIGN) {
      u32("stx_dio_mem_align", 152);
      u32("stx_dio_offset_align", 156);
    }
    if (mask & STATX_SUBVOL) ulongField(c, "stx_subvol", at + 160);
    if (mask & STATX_WRITE_ATOMIC) {
      u32("stx_atomic_write_unit_min", 168);
      u32("stx_atomic_write_unit_max", 172);
      u32("stx_atomic_write_segments_max", 176);
    }
    if (mask & STATX_DIO_READ_ALIGN) u32("stx_dio_read_offset_align", 180);
    sink.closeStruct();
  }),
);

/** __kernel_fsid_t: two ints. */
registerValue("fsid", () => ({
  size: () => 8,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openStruct();
    c.sink.field("val");
    c.sink.openArray();
    for (const half of [0, 4]) {
      c.sink.item();
      c.sink.hex(c.memory.view.getUint32(at + half, true), 0);
    }
    c.sink.closeArray();
    c.sink.closeStruct();
  },
}));

/** struct linux_dirent64 (data 64) or linux_dirent (32): as many as the call returned bytes for. */
registerValue("dirents", (data) =>
  pointerWalker((c, lo, hi) => {
    const length = c.failed || !c.options.dereference(c.call.name) ? -1 : c.ret;
    const at = length > 0 ? readable(c, lo, hi, length) : -1;
    if (length < 0 || (length > 0 && at < 0)) {
      c.sink.addr(lo, hi);
      return;
    }
    if (c.verbose) c.sink.openArray();
    else c.sink.addr(lo, hi);
    const count = eachEntry(c, at, length, data === 64, c.verbose);
    if (c.verbose) c.sink.closeArray();
    else c.sink.comment(`${count} entries`);
  }),
);

function eachEntry(c: Context, start: number, length: number, wide: boolean, print: boolean): number {
  const { view, bytes } = c.memory;
  const word = wide ? 8 : c.wordSize;
  const header = 2 * word + 2 + (wide ? 1 : 0);
  let count = 0;
  for (let at = start; at + header <= start + length; count++) {
    const size = view.getUint16(at + 2 * word, true);
    if (size < header || at + size > start + length) break;
    if (print) {
      c.sink.item();
      c.sink.openStruct();
      c.sink.field("d_ino");
      c.sink.ulong(view.getUint32(at, true), word === 8 ? view.getUint32(at + 4, true) : 0);
      c.sink.field("d_off");
      if (wide) c.sink.long(view.getUint32(at + word, true), view.getUint32(at + word + 4, true));
      else
        c.sink.ulong(view.getUint32(at + word, true), word === 8 ? view.getUint32(at + word + 4, true) : 0);
      c.sink.field("d_reclen");
      c.sink.num(size);
      const type = () => {
        c.sink.field("d_type");
        printEnum(c, F.dirent_types, bytes[wide ? at + 2 * word + 2 : at + size - 1]);
      };
      if (wide) type();
      const name = at + header;
      const end = bytes.indexOf(0, name);
      const limit = at + size - (wide ? 0 : 1);
      c.sink.field("d_name");
      c.sink.str(bytes, name, Math.max(0, Math.min(end < 0 ? limit : end, limit) - name), false);
      if (!wide) type();
      c.sink.closeStruct();
    }
    at += size;
  }
  return count;
}
