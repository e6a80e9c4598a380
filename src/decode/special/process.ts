/** Process calls whose values plain data cannot express: wait statuses, limits, CPU sets, prctl. */
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import { rusage } from "../../syscalls/families/process.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { printString } from "../pointers.ts";
import { pointerWalker, registerAux, registerValue, type Walker } from "../walker.ts";

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

/** A wait status in the words of wait(2)'s macros. */
export function waitStatusText(status: number): string {
  const exited = (s: number) => `WIFEXITED(s) && WEXITSTATUS(s) == ${(s >> 8) & 0xff}`;
  if ((status & 0xffff) === 0xffff) return "WIFCONTINUED(s)";
  let text: string;
  if ((status & 0xff) === 0x7f) {
    const sig = (status >> 8) & 0xff;
    text = `WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(sig & 0x7f)}${sig & 0x80 ? " | 0x80" : ""}`;
  } else if ((status & 0x7f) !== 0) {
    text = `WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(status & 0x7f)}${status & 0x80 ? " && WCOREDUMP(s)" : ""}`;
  } else text = exited(status);
  const rest = status & ~0xffff;
  return rest ? `{${text}} | 0x${(rest >>> 0).toString(16)}` : `{${text}}`;
}

const followed = (c: Context): boolean => c.call.error === 0 && c.options.dereference(c.call.name);

registerValue("wstatus", () =>
  pointerWalker((c, lo, hi) => {
    const status = c.ret <= 0 || !followed(c) ? undefined : c.readInt(lo, hi);
    if (status === undefined) c.sink.addr(lo, hi);
    else {
      c.sink.openArray();
      c.sink.item();
      c.sink.word(waitStatusText(status));
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
  if (!c.call.error) printFlags(c, F.sched_policies, c.call.retLo);
});

/** Bits of a CPU set, `[0 1 5]`. */
function cpuset(c: Context, lo: number, hi: number, bytes: number): void {
  if (bytes === 0 && (lo !== 0 || hi !== 0)) {
    c.sink.word("[]");
    return;
  }
  const at = bytes > 0 && bytes <= 8192 ? c.memory.readAll(lo, hi, bytes) : -1;
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const cpus: number[] = [];
  for (let i = 0; i < bytes * 8; i++) if (c.memory.bytes[at + (i >> 3)] & (1 << (i & 7))) cpus.push(i);
  c.sink.word(`[${cpus.join(" ")}]`);
}

registerValue("cpuset_in", () => pointerWalker((c, lo, hi) => cpuset(c, lo, hi, Math.min(c.arg(1), 128))));
registerValue("cpuset_out", () =>
  pointerWalker((c, lo, hi) => (c.call.error ? c.sink.addr(lo, hi) : cpuset(c, lo, hi, c.ret))),
);

function printPersonality(c: Context, lo: number): void {
  if (lo >>> 0 === 0xffffffff) c.sink.word("0xffffffff");
  else if ((lo & 0xff) === 0) {
    const rest = (lo & ~0xff) >>> 0;
    c.sink.word(rest === 0 ? "PER_LINUX" : `PER_LINUX|${flagText(rest)}`);
  } else printEnum(c, F.personalities, lo);
}
registerValue("personality", () => pointerWalker(printPersonality));
registerAux("personality", (c) => {
  if (!c.call.error) printPersonality(c, c.call.retLo);
});

/** include/uapi/linux/personality.h */
const personalityFlags: readonly (readonly [number, string])[] = [
  [0x0020000, "UNAME26"],
  [0x0040000, "ADDR_NO_RANDOMIZE"],
  [0x0080000, "FDPIC_FUNCPTRS"],
  [0x0100000, "MMAP_PAGE_ZERO"],
  [0x0200000, "ADDR_COMPAT_LAYOUT"],
  [0x0400000, "READ_IMPLIES_EXEC"],
  [0x0800000, "ADDR_LIMIT_32BIT"],
  [0x1000000, "SHORT_INODE"],
  [0x2000000, "WHOLE_SECONDS"],
  [0x4000000, "STICKY_TIMEOUTS"],
  [0x8000000, "ADDR_LIMIT_3GB"],
];

function flagText(value: number): string {
  const names = personalityFlags.filter(([bit]) => value & bit).map(([, name]) => name);
  const rest = personalityFlags.reduce((v, [bit]) => v & ~bit, value) >>> 0;
  return [...names, ...(rest ? [`0x${rest.toString(16)}`] : [])].join("|");
}

registerValue("bytes_arg1", () =>
  pointerWalker((c, lo, hi) => printString(c, lo, hi, Math.max(0, Math.min(c.arg(1), 64)))),
);

const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
registerValue("arch_prctl_arg", () =>
  pointerWalker((c, lo, hi) => {
    const op = c.argLo(0);
    if ((op === ARCH_GET_FS || op === ARCH_GET_GS) && !c.call.error && c.readWord(lo, hi)) {
      c.sink.openArray();
      c.sink.item();
      c.sink.hex(c.wordLo, c.wordHi);
      c.sink.closeArray();
    } else c.sink.hex(lo, hi);
  }),
);
