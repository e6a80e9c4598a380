/** Signal actions, siginfo in memory, alternate stacks, returning from handlers. */
import * as F from "../../abi/flags.ts";
import { signalName } from "../../abi/signals.ts";
import type { Context } from "../context.ts";
import { printFlags } from "../flags.ts";
import { addHi, addLo, follow, sigsetText } from "../pointers.ts";
import { pointerWalker, registerAux, registerCall, registerValue } from "../walker.ts";
import { printSiginfo } from "./siginfo.ts";

export const SA_RESTORER = 0x04000000;

/** Name of a handler that is none. */
export function handlerName(lo: number, hi: number): string | undefined {
  if (hi === 0 && lo < 2) return lo === 0 ? "SIG_DFL" : "SIG_IGN";
  return lo === 0xffffffff && hi === 0xffffffff ? "SIG_ERR" : undefined;
}

export function printHandler(c: Context, lo: number, hi: number): void {
  const name = handlerName(lo, hi);
  if (name) c.sink.xlat(lo, hi, name, "", "hex");
  else c.sink.hex(lo, hi);
}

/** Bytes in the mask of strace's struct sigaction, all of which have to be readable. */
const SIGACTION_MASK = 64;

/** The kernel's struct sigaction: handler, flags, restorer, mask; words of the tracee (include/linux/signal_types.h). */
registerValue("sigaction", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, 3 * word + SIGACTION_MASK);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("sa_handler");
    c.wordAt(at);
    printHandler(c, c.wordLo, c.wordHi);
    c.sink.field("sa_mask");
    c.sink.word(sigsetText(c, at + 3 * word, 8));
    c.sink.field("sa_flags");
    c.wordAt(at + word);
    const flags = c.wordLo;
    printFlags(c, F.sa_flags, flags, c.wordHi);
    if (flags & SA_RESTORER) {
      c.sink.field("sa_restorer");
      c.wordAt(at + 2 * word);
      c.sink.addr(c.wordLo, c.wordHi);
    }
    c.sink.closeStruct();
  }),
);

registerValue("siginfo", () =>
  pointerWalker((c, lo, hi) => {
    const at =
      (lo === 0 && hi === 0) || (c.call.name === "waitid" && noChild(c)) ? -1 : follow(c, lo, hi, 128);
    if (at < 0) c.sink.addr(lo, hi);
    else printSiginfo(c, new DataView(c.memory.bytes.buffer, at, 128), c.wordSize === 4);
  }),
);

/** waitid(WNOHANG) without a child zeroes si_signo and si_pid. */
function noChild(c: Context): boolean {
  return c.call.error !== 0;
}

registerAux("signal_result", (c) => {
  if (!c.call.error && c.ret > 0) c.sink.word(signalName(c.ret));
});

/** stack_t: ss_sp, ss_flags, ss_size (sigaltstack(2)). */
registerValue("stack_t", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, 3 * word);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    c.sink.openStruct();
    c.sink.field("ss_sp");
    c.wordAt(at);
    c.sink.addr(c.wordLo, c.wordHi);
    c.sink.field("ss_flags");
    printFlags(c, F.sigaltstack_flags, c.memory.view.getUint32(at + word, true));
    c.sink.field("ss_size");
    c.wordAt(at + 2 * word);
    c.sink.ulong(c.wordLo, c.wordHi);
    c.sink.closeStruct();
  }),
);

/** From the stack pointer to uc_sigmask in the signal frame (arch/x86/include/asm/sigframe.h). */
const UC_SIGMASK = 296;
const UC_SIGMASK_IA32 = 248;

registerCall("rt_sigreturn", {
  enter(c) {
    const { spLo, spHi } = c.call;
    const offset = c.call.abi === "i386" ? UC_SIGMASK_IA32 : UC_SIGMASK;
    const [lo, hi] = [addLo(spLo, offset), addHi(spLo, spHi, offset)];
    const at = c.memory.readAll(lo, hi, 8);
    c.sink.arg("frame");
    if (at < 0) c.sink.addr(spLo, spHi);
    else {
      c.sink.openStruct();
      c.sink.field("mask");
      if (c.options.dereference(c.call.name)) c.sink.word(sigsetText(c, at, 8));
      else c.sink.addr(lo, hi);
      c.sink.closeStruct();
    }
    return true;
  },
  exit() {},
});

registerCall("restart_syscall", {
  enter(c) {
    c.sink.arg("resuming");
    c.sink.word(`<... resuming interrupted ${c.task.lastShown || "system call"} ...>`);
    return true;
  },
  exit() {},
});
