/** Futex operations, keys and modes of System V IPC. */

import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum, printFlags } from "../flags.ts";
import { addHi, addLo, printBytes } from "../pointers.ts";
import { modeDigits } from "../scalars.ts";
import { pointerWalker, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";

const PRIVATE = 128;
const REALTIME = 256;
const FUTEX_FD = 2;
/** FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI: what has a clock to choose. */
const timed: ReadonlySet<number> = new Set([0, 9, 11]);

function futexName(value: number): string | undefined {
  const op = value & ~(PRIVATE | REALTIME);
  const name = enumName(F.futex_ops, op);
  if (name === undefined || (value & REALTIME && !timed.has(op))) return undefined;
  const isPrivate = value & PRIVATE ? (op === FUTEX_FD ? "|FUTEX_PRIVATE_FLAG" : "_PRIVATE") : "";
  return name + isPrivate + (value & REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}
registerValue("futex_op", () =>
  pointerWalker((c, lo) => c.sink.xlat(lo, 0, futexName(lo), F.futex_ops.fallback, "hex")),
);

registerValue("futex_bitset", () =>
  pointerWalker((c, lo) =>
    lo === 0xffffffff ? c.sink.xlat(lo, 0, "FUTEX_BITSET_MATCH_ANY", "", "hex") : c.sink.hex(lo, 0),
  ),
);

const wakeOps = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
const wakeCompares = [
  "FUTEX_OP_CMP_EQ",
  "FUTEX_OP_CMP_NE",
  "FUTEX_OP_CMP_LT",
  "FUTEX_OP_CMP_LE",
  "FUTEX_OP_CMP_GT",
  "FUTEX_OP_CMP_GE",
];
/** Encoded as FUTEX_OP() of linux/futex.h does. */
registerValue("futex_wake_op", () =>
  pointerWalker((c, lo) => {
    const { sink } = c;
    if ((lo >>> 28) & 8) {
      sink.xlat(8, 0, "FUTEX_OP_OPARG_SHIFT", "", "hex");
      sink.word("<<28|");
    }
    const named = (names: readonly string[], value: number, shift: number, unknown: string) => {
      sink.xlat(value, 0, names[value], "", "hex");
      sink.word(`<<${shift}`);
      if (names[value] === undefined || c.options.xlat === "raw") sink.comment(unknown);
      sink.word("|");
    };
    named(wakeOps, (lo >>> 28) & 7, 28, "FUTEX_OP_???");
    sink.hex((lo >>> 12) & 0xfff, 0);
    sink.word("<<12|");
    named(wakeCompares, (lo >>> 24) & 0xf, 24, "FUTEX_OP_CMP_???");
    sink.hex(lo & 0xfff, 0);
  }),
);

registerValue("ipc_key", () =>
  pointerWalker((c, lo) => c.sink.xlat(lo, 0, lo === 0 ? "IPC_PRIVATE" : undefined, "", "hex")),
);

/** Above it, the logarithm of the size of huge pages (linux/shm.h). */
const SHM_HUGE_SHIFT = 26;

/** Flags, then permission bits: IPC_CREAT|0600. */
registerValue("ipc_mode", (data) =>
  pointerWalker((c, lo) => {
    const huge = data === F.shm_flags ? lo >>> SHM_HUGE_SHIFT : 0;
    const high = (lo & ~0o777 & (data === F.shm_flags ? 2 ** SHM_HUGE_SHIFT - 1 : -1)) >>> 0;
    if (high !== 0) {
      const names = flagNames(data as FlagSet, high);
      c.sink.xlat(high, 0, names, "", "hex");
      // strace runs unknown bits and the mode into one number
      c.sink.word("|");
    }
    if (huge !== 0) {
      c.sink.word(`${huge}<<`);
      c.sink.xlat(SHM_HUGE_SHIFT, 0, "SHM_HUGE_SHIFT", "", "dec");
      c.sink.word("|");
    }
    c.sink.word(modeDigits(lo & 0o777));
  }),
);

const IPC_64 = 0x100;
registerValue("ipc_command", (data) =>
  pointerWalker((c, lo) => {
    if (lo & IPC_64) {
      c.sink.xlat(IPC_64, 0, "IPC_64", "", "hex");
      c.sink.word("|");
    }
    printEnum(c, data as FlagSet, (lo & ~IPC_64) >>> 0);
  }),
);

registerValue(
  "short_value",
  (): Walker => ({
    size: () => 2,
    value: (c, lo) => c.sink.num((lo << 16) >> 16),
    memory: (c, at) => c.sink.num(c.memory.view.getInt16(at, true)),
  }),
);

/** Flags in 16 bits, which are no negative number. */
registerValue(
  "short_flags",
  (set): Walker => ({
    size: () => 2,
    value: (c, lo) => printFlags(c, set as FlagSet, lo & 0xffff),
    memory: (c, at) => printFlags(c, set as FlagSet, c.memory.view.getUint16(at, true)),
  }),
);

/** struct futex_waitv (linux/futex.h). */
registerValue(
  "futex_waitv",
  (): Walker => ({
    size: () => 24,
    value: (c, lo, hi) => c.sink.hex(lo, hi),
    memory(c, at) {
      const v = c.memory.view;
      const half = (offset: number) => v.getUint32(at + offset, true);
      c.sink.openStruct();
      c.sink.field("val");
      c.sink.hex(half(0), half(4));
      c.sink.field("uaddr");
      c.sink.addr(half(8), half(12));
      c.sink.field("flags");
      printFlags(c, F.futex_waitv_flags, half(16));
      if (half(20) !== 0) {
        c.sink.field("__reserved");
        c.sink.hex(half(20), 0);
      }
      c.sink.closeStruct();
    },
  }),
);

/** struct msgbuf: a long, then bytes, of which one at least must be there, and what the struct is padded with. */
function msgbuf(c: Context, lo: number, hi: number, length: number): void {
  const there = readable(c, lo, hi, 2 * c.longSize) >= 0;
  if (!there || !c.readLong(lo, hi) || length < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openStruct();
  c.sink.field("mtype");
  c.sink.long(c.wordLo, c.wordHi);
  c.sink.field("mtext");
  printBytes(c, addLo(lo, c.longSize), addHi(lo, hi, c.longSize), length);
  c.sink.closeStruct();
}
registerValue("msgbuf", () => pointerWalker((c, lo, hi) => msgbuf(c, lo, hi, c.number(2))));
registerValue("msgbuf_received", () =>
  pointerWalker((c, lo, hi) => (c.call.error ? c.sink.addr(lo, hi) : msgbuf(c, lo, hi, c.number(2)))),
);
