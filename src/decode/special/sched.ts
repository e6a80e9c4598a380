/** struct sched_attr: as much of it as its size says (sched_setattr(2), include/uapi/linux/sched/types.h). */
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum, printFlags } from "../flags.ts";
import { pointerWalker, registerAux, registerValue } from "../walker.ts";
import { readable } from "./bytes.ts";

const SIZE_VER0 = 48;
const SIZE_VER1 = 56;
const KEEP_POLICY = 8;
const KEEP_PARAMS = 16;

/** Prints the attributes in `size` bytes at an arena offset; `more` says that there are others behind them. */
function printAttr(c: Context, at: number, size: number, more: boolean): void {
  const { sink } = c;
  const v = new DataView(new ArrayBuffer(SIZE_VER1));
  new Uint8Array(v.buffer).set(c.memory.bytes.subarray(at, at + Math.min(size, SIZE_VER1)));
  const flags = v.getUint32(8, true);
  const wide = (name: string, offset: number) => {
    sink.field(name);
    sink.ulong(v.getUint32(offset, true), v.getUint32(offset + 4, true));
  };
  sink.openStruct();
  sink.field("size");
  sink.num(v.getUint32(0, true));
  // what sched_getattr(2) gave is as long as it says, whatever room there was
  const known = c.call.name === "sched_getattr" ? v.getUint32(0, true) : size;
  if (known < SIZE_VER0) {
    sink.closeStruct();
    return;
  }
  // what is to be kept is not set; what has been got is all true, and a negative policy is shown as the mistake it is
  const kept = c.call.name === "sched_getattr" ? 0 : flags & (KEEP_POLICY | KEEP_PARAMS);
  const policy = v.getInt32(4, true);
  if (kept === 0 || policy < 0) {
    sink.field("sched_policy");
    printEnum(c, F.sched_policies, policy >>> 0);
  }
  sink.field("sched_flags");
  printFlags(c, F.sched_attr_flags, flags, v.getUint32(12, true));
  if ((kept & KEEP_PARAMS) === 0) {
    sink.field("sched_nice");
    sink.num(v.getInt32(16, true));
    sink.field("sched_priority");
    sink.num(v.getUint32(20, true));
    wide("sched_runtime", 24);
    wide("sched_deadline", 32);
    wide("sched_period", 40);
  }
  if (known >= SIZE_VER1) {
    sink.field("sched_util_min");
    sink.num(v.getUint32(48, true));
    sink.field("sched_util_max");
    sink.num(v.getUint32(52, true));
  }
  if (more) {
    sink.item();
    sink.more();
  }
  sink.closeStruct();
}

registerValue("sched_attr_out", () =>
  pointerWalker((c, lo, hi) => {
    const given = c.argLo(2);
    const size = Math.min(given, SIZE_VER1);
    const at = size === 0 ? -1 : readable(c, lo, hi, size);
    if (at < 0) c.sink.addr(lo, hi);
    else printAttr(c, at, size, false);
  }),
);

registerValue("sched_attr_in", () => ({
  ...pointerWalker((c, lo, hi) => {
    const [size] = c.call.saved;
    if (size === undefined) {
      c.sink.addr(lo, hi);
      return;
    }
    // the kernel writes back the size it knows when the caller's does not suit it
    if (size > 0 && size < SIZE_VER0) printSize(c, lo, hi, size);
    else {
      const wanted = size >= SIZE_VER1 ? SIZE_VER1 : SIZE_VER0;
      const at = c.memory.readAll(lo, hi, wanted);
      if (at < 0) c.sink.addr(lo, hi);
      else printAttr(c, at, wanted, size > SIZE_VER1);
    }
  }),
  enter(c: Context, lo: number, hi: number) {
    const at = readable(c, lo, hi, 4);
    if (at >= 0) c.call.saved.push(c.memory.view.getUint32(at, true));
  },
}));

function printSize(c: Context, lo: number, hi: number, before: number): void {
  const { sink } = c;
  const after = c.readInt(lo, hi);
  sink.openStruct();
  sink.field("size");
  sink.num(before);
  sink.closeStruct();
  if (after === undefined || after === before) return;
  sink.becomes();
  sink.openStruct();
  sink.field("size");
  sink.num(after >>> 0);
  sink.closeStruct();
}

/** A priority as ioprio_set(2) takes it. */
function prioText(c: Context, value: number): string {
  const kind = value >>> 13;
  const name = enumName(F.ioprio_classes, kind);
  const both = `${kind === 0 ? 0 : hexText(kind, 0)} /* ${name ?? F.ioprio_classes.fallback} */`;
  return `IOPRIO_PRIO_VALUE(${c.options.xlat === "verbose" ? both : (name ?? both)}, ${value & 0x1fff})`;
}

registerValue("ioprio", () => pointerWalker((c, lo) => c.sink.xlat(lo, 0, prioText(c, lo), "", "dec")));
registerValue("short_ioprio", () => pointerWalker((c, lo) => c.sink.xlat(lo, 0, prioText(c, lo), "", "hex")));
registerAux("ioprio", (c) => {
  if (!c.call.error && c.options.xlat !== "raw") c.sink.word(prioText(c, c.call.retLo));
});
