/** Process calls whose values plain data cannot express: wait statuses, limits, CPU sets, prctl. */
import { errnoName } from "../../abi/errno.ts";
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import { rusage } from "../../syscalls/families/process.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, flagNames, printEnum } from "../flags.ts";
import { pointerWalker, registerAux, registerValue, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";

/** A struct field of 8 bytes printed from its halves. */
function wide(value: (c: Context, lo: number, hi: number) => void): Walker {
  return {
    size: () => 8,
    value,
    memory: (c, at) => value(c, c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true)),
  };
}

registerValue("rlim", () =>
  wide((c, lo, hi) => {
    const n = lo + hi * 4294967296;
    const name =
      lo === 0xffffffff && hi === 0xffffffff
        ? "RLIM64_INFINITY"
        : n > 1024 && lo % 1024 === 0
          ? `${n / 1024}*1024`
          : undefined;
    if (name === undefined) c.sink.ulong(lo, hi);
    else c.sink.xlat(lo, hi, name, "", "unsigned");
  }),
);

/** Prints a wait status in the words of wait(2)'s macros. */
function printWaitStatus(c: Context, status: number): void {
  const { sink } = c;
  const signal = (n: number) => signalName(n);
  let rest = status >>> 0;
  if ((status & 0xffff) === 0xffff) {
    sink.word("{WIFCONTINUED(s)}");
    rest = (rest & ~0xffff) >>> 0;
  } else if ((status & 0xff) === 0x7f) {
    const n = (status >> 8) & 0xff;
    sink.word(`{WIFSTOPPED(s) && WSTOPSIG(s) == ${signal(n & 0x7f)}${n & 0x80 ? " | 0x80" : ""}}`);
    rest = (rest & ~0xffff) >>> 0;
  } else if ((status & 0x7f) !== 0) {
    const core = status & 0x80 ? " && WCOREDUMP(s)" : "";
    sink.word(`{WIFSIGNALED(s) && WTERMSIG(s) == ${signal(status & 0x7f)}${core}}`);
    rest = (rest & ~0xff) >>> 0;
  } else {
    sink.word(`{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}`);
    rest = (rest & ~0xff00) >>> 0;
  }
  const event = rest >>> 16;
  if (event !== 0) {
    sink.word("|");
    printEnum(c, F.ptrace_events, event);
    sink.word("<<16");
  }
  if ((rest & 0xffff) !== 0) {
    sink.word("|");
    sink.hex(rest & 0xffff, 0);
  }
}

const followed = (c: Context): boolean => c.call.error === 0 && c.options.dereference(c.call.name);

registerValue("wstatus", () =>
  pointerWalker((c, lo, hi) => {
    const status = c.ret <= 0 || !followed(c) ? undefined : c.readInt(lo, hi);
    if (status === undefined) c.sink.addr(lo, hi);
    else {
      c.sink.openArray();
      c.sink.item();
      printWaitStatus(c, status);
      c.sink.closeArray();
    }
  }),
);

registerValue("wait_rusage", () =>
  pointerWalker((c, lo, hi) => {
    const walker = compile(rusage);
    const at = c.ret <= 0 || !followed(c) ? -1 : c.memory.readAll(lo, hi, walker.size(c));
    if (at < 0) c.sink.addr(lo, hi);
    else walker.memory(c, at);
  }),
);

registerValue("sched_param", () => ({
  size: () => 4,
  value: (c, lo) => c.sink.num(lo | 0),
  memory: (c, at) => {
    c.sink.openArray();
    c.sink.item();
    c.sink.num(c.memory.view.getInt32(at, true));
    c.sink.closeArray();
  },
}));

registerAux("sched_policy", (c) => {
  const name = c.call.error ? undefined : enumName(F.sched_policies, c.call.retLo);
  if (name) c.sink.word(name);
});

/** Bytes of a CPU set that strace looks at. */
const CPUSET = 128;

/** Bits of a CPU set of so many bytes, `[0 1 5]`. */
export function printCpus(c: Context, lo: number, hi: number, bytes: number): void {
  if (c.failed || (lo === 0 && hi === 0) || !c.options.dereference(c.call.name)) {
    c.sink.addr(lo, hi);
    return;
  }
  const shown = Math.min(bytes, CPUSET);
  const at = c.memory.readAll(lo, hi, shown);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const cpus: string[] = [];
  for (let i = 0; i < shown * 8; i++)
    if (c.memory.bytes[at + (i >> 3)] & (1 << (i & 7))) cpus.push(String(i));
  if (shown < bytes) cpus.push("...");
  c.sink.word(`[${cpus.join(" ")}]`);
}

registerValue("cpuset_in", () => pointerWalker((c, lo, hi) => printCpus(c, lo, hi, c.argLo(1))));
registerValue("cpuset_out", () => pointerWalker((c, lo, hi) => printCpus(c, lo, hi, c.call.retLo)));

function printPersonality(c: Context, lo: number): void {
  if (lo >>> 0 === 0xffffffff) {
    c.sink.hex(lo >>> 0, 0);
    return;
  }
  const rest = (lo & ~0xff) >>> 0;
  // flags are named on their own, though some kinds of systems have names that include them
  const kind = lo & 0xff;
  if (kind === 0) c.sink.xlat(0, 0, "PER_LINUX", "", "hex");
  else printEnum(c, F.personalities, kind);
  if (rest === 0) return;
  c.sink.word("|");
  const names = flagNames(F.personality_flags, rest);
  if (names === undefined) c.sink.hex(rest, 0);
  else c.sink.xlat(rest, 0, names, "", "hex");
}
registerValue("personality", () => pointerWalker(printPersonality));
registerAux("personality", (c) => {
  if (!c.call.error) printPersonality(c, c.call.retLo);
});

/** What arch_prctl(2) gives: a pointer, or features of the processor (asm/prctl.h). */
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
const ARCH_GET_XCOMP_SUPP = 0x1021;
const ARCH_GET_XCOMP_PERM = 0x1022;
const ARCH_REQ_XCOMP_PERM = 0x1023;
const ARCH_GET_XCOMP_GUEST_PERM = 0x1024;
const ARCH_REQ_XCOMP_GUEST_PERM = 0x1025;
registerValue("arch_prctl_arg", () =>
  pointerWalker((c, lo, hi) => {
    switch (c.argLo(0)) {
      case ARCH_GET_FS:
      case ARCH_GET_GS:
        compile({ kind: "special", name: "word_at" }).value(c, lo, hi);
        break;
      case ARCH_GET_XCOMP_SUPP:
      case ARCH_GET_XCOMP_PERM:
      case ARCH_GET_XCOMP_GUEST_PERM: {
        const at = readable(c, lo, hi, 8);
        if (at < 0) {
          c.sink.addr(lo, hi);
          break;
        }
        const { view } = c.memory;
        c.sink.openArray();
        c.sink.item();
        features(c, view.getUint32(at, true), view.getUint32(at + 4, true));
        c.sink.closeArray();
        break;
      }
      case ARCH_REQ_XCOMP_PERM:
      case ARCH_REQ_XCOMP_GUEST_PERM:
        c.sink.hex(lo, hi);
        if (c.options.xlat !== "raw") c.sink.comment(enumName(F.x86_feature_bits, lo, hi) ?? "XFEATURE_???");
        break;
      default:
        c.sink.hex(lo, hi);
    }
  }),
);

registerAux("arch_prctl_result", (c) => {
  const { retLo, retHi, error } = c.call;
  const asked = c.argLo(0) === ARCH_REQ_XCOMP_PERM || c.argLo(0) === ARCH_REQ_XCOMP_GUEST_PERM;
  const names = asked && !error ? flagNames(F.x86_features, retLo, retHi) : undefined;
  if (names !== undefined && c.options.xlat !== "raw") c.sink.word(names);
});

/** Bits with their names behind them: there is no header that has them. */
function features(c: Context, lo: number, hi: number): void {
  c.sink.hex(lo, hi);
  if (c.options.xlat === "raw" || (lo === 0 && hi === 0)) return;
  c.sink.comment(flagNames(F.x86_features, lo, hi) ?? F.x86_features.fallback);
}

/** A result that is an error: minus its name, or a number. */
registerValue("negative_errno", () =>
  pointerWalker((c, lo, hi) => {
    const name = errnoName(-(lo | 0));
    if (name === undefined) c.sink.long(lo, hi);
    else c.sink.xlat(lo, hi, `-${name}`, "", "dec");
  }),
);
