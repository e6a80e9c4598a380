/** Memory calls: huge-page sizes in flags, NUMA node masks and policies, page states. */
import { errnoName } from "../../abi/errno.ts";
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { flagNames, hexText, printEnum, printFlags } from "../flags.ts";
import { printArray, printIovec } from "../pointers.ts";
import { pointerWalker, registerAux, registerValue, type Walker } from "../walker.ts";
import { readable, valueWalker } from "./bytes.ts";

const HUGE_SHIFT = 26;
const HUGE_MASK = 0x3f;

interface HugeFlags {
  readonly set: FlagSet;
  readonly base?: FlagSet;
  readonly baseMask?: number;
  readonly suffix: string;
}

/** Flags whose bits 26..31 are the logarithm of a page size (MAP_HUGE_SHIFT, MFD_HUGE_SHIFT). */
registerValue("huge_flags", (data) => {
  const { set, base, baseMask = 0, suffix } = data as HugeFlags;
  return valueWalker("word", (c, lo, high) => {
    const hi = base ? high : 0;
    const parts: string[] = [];
    const low = lo & baseMask;
    if (base) parts.push(flagBase(base, low));
    const size = (lo >>> HUGE_SHIFT) & HUGE_MASK;
    const flags = (lo & ~baseMask & ~(HUGE_MASK << HUGE_SHIFT)) >>> 0;
    if (flags !== 0)
      parts.push(flagNames(set, flags) ?? `${hexText(flags, 0)}${base ? "" : ` /* ${set.fallback} */`}`);
    if (size !== 0) parts.push(`${size}<<${suffix}`);
    if (parts.length === 0) c.sink.num(0);
    else c.sink.xlat(lo, hi, parts.join("|"), set.fallback, "hex");
  });
});

function flagBase(base: FlagSet, low: number): string {
  return base.entries.find(([v]) => Number(v) === low)?.[1] ?? `0x${low.toString(16)} /* ${base.fallback} */`;
}

/** mmap's offset: 0, or hexadecimal. i386's mmap2 counts pages. */
registerValue("map_offset", (data) =>
  valueWalker("word", (c, lo, hi) => {
    const unit = typeof data === "number" ? data : 1;
    const bytes = (lo + hi * 4294967296) * unit;
    if (unit === 1) c.sink.hex(lo, hi);
    else c.sink.hex(bytes % 4294967296, Math.floor(bytes / 4294967296));
  }),
);

const MPOL_MODE_FLAGS = 0xe000;

/** A policy with flags in its upper bits; `data` says whether it is a long. */
registerValue("mempolicy", (data) =>
  valueWalker("word", (c, lo, high) => {
    const hi = data === true ? high : 0;
    const mode = (lo & ~MPOL_MODE_FLAGS) >>> 0;
    const flags = lo & MPOL_MODE_FLAGS;
    const known = hi === 0 ? F.mempolicy_modes.entries.find(([v]) => Number(v) === mode)?.[1] : undefined;
    if (flags === 0) {
      c.sink.xlat(lo, hi, known, F.mempolicy_modes.fallback, "hex");
      return;
    }
    const names = flagNames(F.mempolicy_mode_flags, flags);
    c.sink.xlat(lo, hi, known ? `${known}|${names}` : `${names}|${hexText(mode, hi)}`, "MPOL_???", "hex");
  }),
);

registerValue("mempolicy_out", () =>
  pointerWalker((c, lo, hi) => {
    const at = readable(c, lo, hi, 4);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openArray();
    c.sink.item();
    printEnum(c, F.mempolicy_modes, c.memory.view.getUint32(at, true));
    c.sink.closeArray();
  }),
);

/** A bit mask of NUMA nodes; argument `data` holds the number of bits plus one (get_nodes in mm/mempolicy.c). */
registerValue("node_mask", (data) =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const bits = c.number(c.index(data as string));
    const words = Math.max(0, Math.ceil((bits - 1) / (8 * word)));
    if (bits !== 0 && (words === 0 || bits + 8 * word >= 2 ** 64)) {
      c.sink.addr(lo, hi);
      return;
    }
    if (c.failed && words > 0) c.sink.addr(lo, hi);
    else printArray(c, nodeWord, lo, hi, words);
  }),
);
const nodeWord: Walker = {
  size: (c) => c.wordSize,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.wordAt(at);
    c.sink.word(paddedHex(c, c.wordSize));
  },
};

/** The word last loaded, padded to its full width. */
function paddedHex(c: Context, word: number): string {
  const digits = hexText(c.wordLo, c.wordHi).slice(2);
  return c.wordLo === 0 && c.wordHi === 0 ? "0".repeat(2 * word) : `0x${digits.padStart(2 * word - 2, "0")}`;
}

const PAGE = 4096;

/** mincore's vector: one byte a page. */
registerValue("mincore_vector", () =>
  pointerWalker((c, lo, hi) => {
    const pages = Math.ceil(c.number(c.index("length")) / PAGE);
    if (pages > 0 && readable(c, lo, hi, 1) < 0) c.sink.addr(lo, hi);
    else printArray(c, residency, lo, hi, pages);
  }),
);
const residency: Walker = {
  size: () => 1,
  value: (c, lo) => c.sink.num(lo & 1),
  memory: (c, at) => c.sink.num(c.memory.bytes[at] & 1),
};

/** move_pages' status of a page: its node, or a negative error. */
registerValue("page_status", () =>
  valueWalker(4, (c, lo) => {
    const status = lo | 0;
    const name = status < 0 ? errnoName(-status) : undefined;
    if (name === undefined) c.sink.num(status);
    else c.sink.xlat(lo, 0, `-${name}`, "", "dec");
  }),
);

/** iovecs whose memory is another process's or not data at all: addresses only. */
registerValue("iovec_addresses", (data) =>
  pointerWalker((c, lo, hi) => printIovec(c, lo, hi, c.number(c.index(data as string)), -1)),
);

registerAux("membarrier_commands", (c) => {
  if (c.call.error !== 0 || c.argLo(0) !== 0 || c.call.retLo === 0) return;
  printFlags(c, F.membarrier_cmds, c.call.retLo);
});
