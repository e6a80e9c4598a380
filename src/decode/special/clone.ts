/** clone(2) and clone3(2): which arguments mean something depends on the flags. */
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { printArray } from "../pointers.ts";
import { registerCall, type Walker } from "../walker.ts";
import { readable, trailing, trailingBytes } from "./bytes.ts";

const CSIGNAL = 0xff;
const LAST_SIGNAL = 64;
const CLONE_PIDFD = 0x1000;
const CLONE_SETTLS = 0x80000;
const CLONE_PARENT_SETTID = 0x100000;
const CLONE_CHILD_CLEARTID = 0x200000;
const CLONE_CHILD_SETTID = 0x1000000;
const RESULTS = CLONE_PIDFD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;

function printSignal(c: Context, lo: number): void {
  c.sink.xlat(lo, 0, signalName(lo), "", "dec");
}

function cloneFlags(c: Context, lo: number, hi: number): void {
  const bits = (lo & ~CSIGNAL) >>> 0;
  const sig = lo & CSIGNAL;
  if (bits !== 0 || hi !== 0) {
    printFlags(c, F.clone_flags, bits, hi);
    if (sig !== 0) c.sink.word("|");
  }
  // the signal is a number of its own beside the flags
  if (sig > LAST_SIGNAL) c.sink.num(sig);
  else if (sig !== 0) printSignal(c, sig);
  else if (bits === 0 && hi === 0) c.sink.num(0);
}

/** An int the kernel stored, `[123]`; the address if it cannot be read. */
function stored(c: Context, lo: number, hi: number, print: (n: number) => void): void {
  const at = c.call.error ? -1 : readable(c, lo, hi, 4);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.sink.openArray();
  c.sink.item();
  print(c.memory.view.getInt32(at, true));
  c.sink.closeArray();
}
const storedPid = (c: Context, lo: number, hi: number) => stored(c, lo, hi, (pid) => c.pid(pid));
const storedFd = (c: Context, lo: number, hi: number) => stored(c, lo, hi, (fd) => c.fd(fd));

registerCall("clone", {
  enter(c) {
    c.sink.named("child_stack");
    c.sink.addr(c.argLo(1), c.argHi(1));
    c.sink.named("flags");
    cloneFlags(c, c.argLo(0), c.argHi(0));
    return (c.argLo(0) & RESULTS) === 0;
  },
  exit(c) {
    const flags = c.argLo(0);
    // i386 swaps the last two arguments (CONFIG_CLONE_BACKWARDS, kernel/fork.c)
    const [tls, child] = c.call.abi === "i386" ? [3, 4] : [4, 3];
    if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
      c.sink.named("parent_tid");
      // one argument serves both; together they are refused
      if (flags & CLONE_PARENT_SETTID) storedPid(c, c.argLo(2), c.argHi(2));
      else storedFd(c, c.argLo(2), c.argHi(2));
    }
    if (flags & CLONE_SETTLS) {
      c.sink.named("tls");
      c.sink.addr(c.argLo(tls), c.argHi(tls));
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
      c.sink.named("child_tidptr");
      c.sink.addr(c.argLo(child), c.argHi(child));
    }
  },
});

/** Bytes of struct clone_args in the versions of Linux (linux/sched.h): the least, and those of 5.7. */
const LEAST = 64;
const CLONE_ARGS = 88;
const MOST_SET_TID = 32;
const FLAGS = 0;
const PIDFD = 8;
const CHILD_TID = 16;
const PARENT_TID = 24;
const EXIT_SIGNAL = 32;
const STACK = 40;
const STACK_SIZE = 48;
const TLS = 56;
const SET_TID = 64;
const SET_TID_SIZE = 72;
const CGROUP = 80;
const CLONE_INTO_CGROUP_HI = 2;

const int: Walker = compile({ kind: "int" });

const argsSize = (c: Context): number => c.argLo(1) + c.argHi(1) * 4294967296;

function printSize(c: Context): void {
  c.sink.arg("size");
  c.sink.ulong(c.argLo(1), c.argHi(1));
}

/** What is known of the structure, members it is too short for being 0. */
function readArgs(c: Context): DataView | undefined {
  const size = argsSize(c);
  const known = Math.min(size, CLONE_ARGS);
  const from = size < LEAST ? -1 : readable(c, c.argLo(0), c.argHi(0), known);
  if (from < 0) return undefined;
  const copy = new Uint8Array(CLONE_ARGS);
  copy.set(c.memory.bytes.subarray(from, from + known));
  return new DataView(copy.buffer);
}

registerCall("clone3", {
  enter(c) {
    const args = readArgs(c);
    c.sink.arg("cl_args");
    if (!args) {
      c.sink.addr(c.argLo(0), c.argHi(0));
      printSize(c);
      return true;
    }
    const lo = (offset: number) => args.getUint32(offset, true);
    const hi = (offset: number) => args.getUint32(offset + 4, true);
    const address = (name: string, offset: number) => {
      c.sink.field(name);
      c.sink.addr(lo(offset), hi(offset));
    };
    const number = (name: string, offset: number) => {
      c.sink.field(name);
      c.sink.ulong(lo(offset), hi(offset));
    };
    const flags = lo(FLAGS);
    c.sink.openStruct();
    c.sink.field("flags");
    printFlags(c, F.clone3_flags, flags, hi(FLAGS));
    if (flags & CLONE_PIDFD) address("pidfd", PIDFD);
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) address("child_tid", CHILD_TID);
    if (flags & CLONE_PARENT_SETTID) address("parent_tid", PARENT_TID);
    const sig = lo(EXIT_SIGNAL);
    if (hi(EXIT_SIGNAL) !== 0 || sig === 0 || sig > LAST_SIGNAL) number("exit_signal", EXIT_SIGNAL);
    else {
      c.sink.field("exit_signal");
      printSignal(c, sig);
    }
    address("stack", STACK);
    c.sink.field("stack_size");
    c.sink.hex(lo(STACK_SIZE), hi(STACK_SIZE));
    if (flags & CLONE_SETTLS) address("tls", TLS);
    const [count, countHi] = [lo(SET_TID_SIZE), hi(SET_TID_SIZE)];
    if (lo(SET_TID) || hi(SET_TID) || count || countHi) {
      c.sink.field("set_tid");
      if (countHi !== 0 || count === 0 || count > MOST_SET_TID) c.sink.addr(lo(SET_TID), hi(SET_TID));
      else printArray(c, int, lo(SET_TID), hi(SET_TID), count);
      number("set_tid_size", SET_TID_SIZE);
    }
    const placed = lo(CGROUP) !== 0 || hi(CGROUP) !== 0 || (hi(FLAGS) & CLONE_INTO_CGROUP_HI) !== 0;
    if (placed && argsSize(c) > CGROUP) number("cgroup", CGROUP);
    trailingBytes(c, c.argLo(0), c.argHi(0), CLONE_ARGS, argsSize(c));
    c.sink.closeStruct();
    c.call.saved.push(flags, lo(PIDFD), hi(PIDFD), lo(PARENT_TID), hi(PARENT_TID));
    if ((flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) === 0 && argsSize(c) <= CLONE_ARGS) {
      printSize(c);
      return true;
    }
    // The structure goes on at exit.
    c.sink.comma?.(false);
    return false;
  },
  exit(c) {
    const [flags, pidfdLo, pidfdHi, tidLo, tidHi] = c.call.saved;
    const behind = trailing(c, c.argLo(0), c.argHi(0), CLONE_ARGS, argsSize(c));
    const ids = (flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) !== 0;
    if (!c.call.error && (ids || behind !== undefined)) {
      c.sink.becomes();
      c.sink.openStruct();
      if (flags & CLONE_PIDFD) {
        c.sink.field("pidfd");
        storedFd(c, pidfdLo, pidfdHi);
      }
      if (flags & CLONE_PARENT_SETTID) {
        c.sink.field("parent_tid");
        storedPid(c, tidLo, tidHi);
      }
      if (behind !== undefined) {
        c.sink.item();
        c.sink.word(behind);
      }
      c.sink.closeStruct();
    }
    c.sink.comma?.(true);
    printSize(c);
  },
});
