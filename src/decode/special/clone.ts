/** clone(2) and clone3(2): which arguments mean something depends on the flags. */
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import { signalName } from "../../abi/signals.ts";
import type { Context } from "../context.ts";
import { flagNames, printFlags } from "../flags.ts";
import { registerCall } from "../walker.ts";

const CSIGNAL = 0xff;
const CLONE_PIDFD = 0x1000;
const CLONE_SETTLS = 0x80000;
const CLONE_PARENT_SETTID = 0x100000;
const CLONE_CHILD_CLEARTID = 0x200000;
const CLONE_CHILD_SETTID = 0x1000000;
const RESULTS = CLONE_PIDFD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;

function cloneFlags(c: Context, lo: number): void {
  const bits = (lo & ~CSIGNAL) >>> 0;
  const sig = lo & CSIGNAL;
  const names = [
    bits ? (flagNames(F.clone_flags, bits) ?? `0x${bits.toString(16)}`) : "",
    sig ? signalName(sig) : "",
  ];
  const text = names.filter((n) => n !== "").join("|");
  if (text) c.sink.xlat(lo, 0, text, F.clone_flags.fallback, "hex");
  else c.sink.num(0);
}

/** An int the kernel stored, `[123]`; the address if it cannot be read. */
function stored(c: Context, lo: number, hi: number, what: "fd" | "pid"): void {
  const value = c.call.error ? undefined : c.readInt(lo, hi);
  if (value === undefined) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openArray();
  c.sink.item();
  if (what === "fd") c.sink.fd(value, c.options.fdText?.(c.task.tid, value));
  else c.sink.pid(value, c.options.pidText?.(value));
  c.sink.closeArray();
}

registerCall("clone", {
  enter(c) {
    c.sink.named("child_stack");
    c.sink.addr(c.argLo(1), c.argHi(1));
    c.sink.named("flags");
    cloneFlags(c, c.argLo(0));
    return (c.argLo(0) & RESULTS) === 0;
  },
  exit(c) {
    const flags = c.argLo(0);
    // i386 swaps the last two arguments (CONFIG_CLONE_BACKWARDS, kernel/fork.c)
    const [tls, child] = c.call.abi === "i386" ? [3, 4] : [4, 3];
    if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
      c.sink.named("parent_tid");
      stored(c, c.argLo(2), c.argHi(2), flags & CLONE_PARENT_SETTID ? "pid" : "fd");
    }
    if (flags & CLONE_SETTLS) {
      c.sink.named("tls");
      c.sink.hex(c.argLo(tls), c.argHi(tls));
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
      c.sink.named("child_tidptr");
      c.sink.addr(c.argLo(child), c.argHi(child));
    }
  },
});

registerCall("clone3", {
  enter(c) {
    const l = layout(c.call.abi, "clone_args");
    const size = c.arg(1);
    const at = size >= 64 ? c.memory.readAll(c.argLo(0), c.argHi(0), Math.min(size, l.size)) : -1;
    if (at < 0) {
      c.sink.arg("cl_args");
      c.sink.addr(c.argLo(0), c.argHi(0));
      c.sink.arg("size");
      c.sink.ulong(c.argLo(1), c.argHi(1));
      return true;
    }
    const v = c.memory.view;
    const lo = (name: string) => v.getUint32(at + l.fields.find((f) => f.name === name)!.offset, true);
    const hi = (name: string) => v.getUint32(at + l.fields.find((f) => f.name === name)!.offset + 4, true);
    const flags = lo("flags");
    c.sink.arg("cl_args");
    c.sink.openStruct();
    c.sink.field("flags");
    printFlags(c, F.clone3_flags, flags, hi("flags"));
    const address = (name: string) => {
      c.sink.field(name);
      c.sink.addr(lo(name), hi(name));
    };
    if (flags & CLONE_PIDFD) address("pidfd");
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) address("child_tid");
    if (flags & CLONE_PARENT_SETTID) address("parent_tid");
    c.sink.field("exit_signal");
    if (lo("exit_signal") > 0 && lo("exit_signal") <= 64) c.sink.word(signalName(lo("exit_signal")));
    else c.sink.ulong(lo("exit_signal"), hi("exit_signal"));
    address("stack");
    c.sink.field("stack_size");
    c.sink.hex(lo("stack_size"), hi("stack_size"));
    if (flags & CLONE_SETTLS) address("tls");
    c.sink.closeStruct();
    c.call.saved.push(flags, lo("pidfd"), hi("pidfd"), lo("parent_tid"), hi("parent_tid"));
    if ((flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) === 0) {
      c.sink.arg("size");
      c.sink.ulong(c.argLo(1), c.argHi(1));
      return true;
    }
    // The structure goes on at exit.
    c.sink.comma?.(false);
    return false;
  },
  exit(c) {
    const [flags, pidfdLo, pidfdHi, tidLo, tidHi] = c.call.saved;
    if (!c.call.error) {
      c.sink.becomes();
      c.sink.openStruct();
      if (flags & CLONE_PIDFD) {
        c.sink.field("pidfd");
        stored(c, pidfdLo, pidfdHi, "fd");
      }
      if (flags & CLONE_PARENT_SETTID) {
        c.sink.field("parent_tid");
        stored(c, tidLo, tidHi, "pid");
      }
      c.sink.closeStruct();
    }
    c.sink.comma?.(true);
    c.sink.arg("size");
    c.sink.ulong(c.argLo(1), c.argHi(1));
  },
});
