/** What only the oldest calls of 32-bit x86 have: 16-bit ids, one-word signal masks, old structs, ipc(2)'s numbers. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import type { Context } from "../context.ts";
import { enumName, printFlags } from "../flags.ts";
import { maskText } from "../pointers.ts";
import { pointerWalker, registerAux, registerCall, registerValue, type Walker } from "../walker.ts";
import { pointed, valueWalker } from "./bytes.ts";
import { handlerName, printHandler, SA_RESTORER } from "./signals.ts";

const printId = (c: Context, lo: number): void => c.sink.num((lo & 0xffff) === 0xffff ? -1 : lo & 0xffff);
registerValue(
  "id16",
  (): Walker => ({
    size: () => 2,
    value: printId,
    memory: (c, at) => printId(c, c.memory.view.getUint16(at, true)),
  }),
);

/** A set of the first 32 signals. */
function mask32(lo: number): string {
  return maskText((n) => n < 32 && ((lo >>> n) & 1) === 1, 32);
}
registerValue("sigmask_value", () => pointerWalker((c, lo) => c.sink.word(mask32(lo))));
registerValue("sigsuspend_mask", () => pointerWalker((c) => c.sink.word(mask32(c.argLo(2)))));
registerAux("sgetmask", (c) => {
  if (!c.call.error) c.sink.word(`mask ${mask32(c.call.retLo)}`);
});
registerAux("ssetmask", (c) => {
  if (!c.call.error) c.sink.word(`old mask ${mask32(c.call.retLo)}`);
});

registerValue("sighandler", () => pointerWalker(printHandler));
registerAux("sighandler", (c) => {
  const name = c.call.error ? undefined : handlerName(c.call.retLo, 0);
  if (name) c.sink.word(name);
});

/** struct old_sigaction: handler, mask, flags, restorer (arch/x86/include/uapi/asm/signal.h). */
registerValue("old_sigaction", () =>
  pointed(16, (c, at) => {
    const { sink } = c;
    const word = (i: number) => c.memory.view.getUint32(at + 4 * i, true);
    sink.openStruct();
    sink.field("sa_handler");
    printHandler(c, word(0), 0);
    sink.field("sa_mask");
    sink.word(mask32(word(1)));
    sink.field("sa_flags");
    printFlags(c, F.sa_flags, word(2));
    if (word(2) & SA_RESTORER) {
      sink.field("sa_restorer");
      sink.addr(word(3), 0);
    }
    sink.closeStruct();
  }),
);

/** Where the signal frame's two halves of the mask are (struct sigcontext_32, struct _fpstate_32), and its end. */
const OLDMASK = 80;
const EXTRAMASK = 712;

registerCall("sigreturn", {
  enter(c) {
    const { spLo } = c.call;
    const low = c.memory.readAll(spLo + OLDMASK, 0, 4);
    const high = low < 0 ? -1 : c.memory.readAll(spLo + EXTRAMASK, 0, 4);
    c.sink.arg("frame");
    if (high < 0) {
      c.sink.addr(spLo, 0);
      return true;
    }
    const halves = [low, high].map((at) => c.memory.view.getUint32(at, true));
    c.sink.openStruct();
    c.sink.field("mask");
    c.sink.word(maskText((n) => ((halves[n >> 5] >>> (n & 31)) & 1) === 1, 64));
    c.sink.closeStruct();
    return true;
  },
  exit() {},
});

const NAME_MAX = 256;
const DIRENT_NAME = 10;
/** struct old_linux_dirent (fs/readdir.c): readdir(2) gives one. */
registerValue("old_dirent", () =>
  pointerWalker((c, lo, hi) => {
    const at =
      c.failed || c.ret <= 0 || !c.options.dereference(c.call.name)
        ? -1
        : c.memory.readAll(lo, hi, DIRENT_NAME);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const { sink, memory } = c;
    const length = Math.min(memory.view.getUint16(at + 8, true), NAME_MAX);
    sink.openStruct();
    sink.field("d_ino");
    sink.ulong(memory.view.getUint32(at, true), 0);
    sink.field("d_off");
    sink.ulong(memory.view.getUint32(at + 4, true), 0);
    sink.field("d_reclen");
    sink.num(length);
    sink.field("d_name");
    const name = memory.readAll(lo + DIRENT_NAME, hi, length);
    if (name < 0) sink.addr(lo + DIRENT_NAME, hi);
    else sink.str(memory.bytes, name, length, false);
    sink.closeStruct();
  }),
);

/** struct rlimit of two words. */
registerValue("rlimit32", () =>
  pointed(8, (c, at) => {
    c.sink.openStruct();
    for (const [i, name] of ["rlim_cur", "rlim_max"].entries()) {
      const n = c.memory.view.getUint32(at + 4 * i, true);
      c.sink.field(name);
      if (n === 0xffffffff) c.sink.xlat(n, 0, "RLIM_INFINITY", "", "unsigned");
      else if (n > 1024 && n % 1024 === 0) c.sink.xlat(n, 0, `${n / 1024}*1024`, "", "unsigned");
      else c.sink.num(n);
    }
    c.sink.closeStruct();
  }),
);

/** 64 bits of flags in two registers. */
registerValue("flags_pair", (data) => {
  const { index, set } = data as { readonly index: number; readonly set: FlagSet };
  return valueWalker("word", (c) => printFlags(c, set, c.argLo(index), c.argLo(index + 1)));
});

registerValue("socketcall_number", () =>
  pointerWalker((c, lo) => {
    const name = enumName(F.socketcalls, lo);
    if (name === undefined) c.sink.num(lo | 0);
    else c.sink.xlat(lo, 0, name, "", "dec");
  }),
);

/** ipc's number, below a version in its upper half. */
registerValue("ipc_call", () =>
  pointerWalker((c, lo) => c.sink.word(`${lo >>> 16 ? `${lo >>> 16}<<16|` : ""}${lo & 0xffff}`)),
);

const SEM_INFO = 19;
const IPC_INFO = 3;
/** semctl's last argument, which ipc's points to. */
registerValue("semctl_indirect", () =>
  pointerWalker((c, lo, hi) => {
    const info = (c.argLo(2) & ~0x100) >>> 0;
    if (!c.readWord(lo, hi)) c.sink.addr(lo, hi);
    else if (info === IPC_INFO || info === SEM_INFO) c.sink.addr(c.wordLo, 0);
    else {
      c.sink.openArray();
      c.sink.item();
      c.sink.addr(c.wordLo, 0);
      c.sink.closeArray();
    }
  }),
);

/** The flags of an shmat whose result ipc puts into memory. */
registerValue("shmat_flags", () => pointerWalker((c, lo) => printFlags(c, F.shmat_flags, lo)));
