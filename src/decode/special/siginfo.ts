/** siginfo_t (include/uapi/asm-generic/siginfo.h, Linux 6.1): which union member is meant depends on signal and si_code. */
import { errnoName } from "../../abi/errno.ts";
import { siCodeName, signalName } from "../../abi/signals.ts";
import { type Abi, syscallName } from "../../abi/syscalls.ts";
import type { Context } from "../context.ts";

/** Offset of the union on 64-bit kernels, which is how ptrace hands it out even for 32-bit tracees. */
const UNION_NATIVE = 16;
const SI_USER = 0;
const SI_QUEUE = -1;
const SI_TIMER = -2;
const SI_MESGQ = -3;
const SI_TKILL = -6;
const SI_KERNEL = 0x80;
const CLK_TCK = 100;
const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGSEGV = 11;
const SIGCHLD = 17;
const SIGIO = 29;
const SIGSYS = 31;
const CLD_EXITED = 1;
const SEGV_BNDERR = 3;
const SEGV_PKUERR = 4;

/** Signals whose members say something under SI_KERNEL too. */
const fromKernel = new Set([SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGCHLD, SIGSYS]);

/** Where a 32-bit program has the union, without padding and with one-word values. */
const UNION_COMPAT = 12;

/** Prints a raw siginfo_t of the tracee; `compat` if it is as a 32-bit program has it in memory. */
export function printSiginfo(c: Context, info: DataView, compat = false): void {
  const UNION = compat ? UNION_COMPAT : UNION_NATIVE;
  const high = (at: number) => (compat ? 0 : info.getUint32(at + 4, true));
  const int = (at: number) => info.getInt32(at, true);
  const signo = int(0);
  const code = int(8);
  const { sink } = c;
  const field = (name: string, print: () => void) => {
    sink.field(name);
    print();
  };
  const num = (name: string, value: number) => field(name, () => sink.num(value));
  const word = (name: string, text: string) => field(name, () => sink.word(text));

  sink.openStruct();
  if (signo === 0) {
    sink.closeStruct();
    return;
  }
  const named = (name: string, value: number, symbol: string | undefined, plain: "dec" | "hex") =>
    field(name, () => sink.xlat(value >>> 0, 0, symbol, "", plain));
  named("si_signo", signo, signalName(signo), "dec");
  const known = siCodeName(signo, code);
  if (known === undefined) word("si_code", code < 0 ? String(code) : `0x${code.toString(16)}`);
  else named("si_code", code, known, code < 0 ? "dec" : "hex");
  if (int(4) !== 0) named("si_errno", int(4), errnoName(int(4)), "dec");

  const sender = () => {
    field("si_pid", () => sink.pid(int(UNION), c.options.pidText?.(int(UNION))));
    num("si_uid", int(UNION + 4) === -1 ? -1 : info.getUint32(UNION + 4, true));
  };
  const value = (at: number) => {
    num("si_int", int(at));
    field("si_ptr", () => sink.addr(info.getUint32(at, true), high(at)));
  };
  const address = (name: string, at: number) =>
    field(name, () => sink.addr(info.getUint32(at, true), high(at)));

  if (code === SI_USER || code === SI_TKILL) sender();
  else if (code === SI_TIMER) {
    const timer = info.getUint32(UNION, true);
    word("si_timerid", timer === 0 ? "0" : `0x${timer.toString(16)}`);
    num("si_overrun", int(UNION + 4));
    value(UNION + 8);
  } else if (code < 0 || code === SI_QUEUE || code === SI_MESGQ) {
    sender();
    value(UNION + 8);
  } else if (code !== SI_KERNEL || fromKernel.has(signo)) details();
  sink.closeStruct();

  function details(): void {
    switch (signo) {
      case SIGCHLD:
        sender();
        field("si_status", () => {
          if (code === CLD_EXITED) sink.num(int(UNION + 8));
          else sink.xlat(int(UNION + 8) >>> 0, 0, signalName(int(UNION + 8)), "", "dec");
        });
        // x32 keeps 64-bit ticks
        ticks("si_utime", UNION + (compat ? 12 : 16));
        ticks("si_stime", UNION + (!compat ? 24 : c.longSize === 8 ? 20 : 16));
        break;
      case SIGILL:
      case SIGFPE:
      case SIGBUS:
      case SIGTRAP:
        address("si_addr", UNION);
        break;
      case SIGSEGV:
        address("si_addr", UNION);
        if (code === SEGV_BNDERR) {
          address("si_lower", UNION + (compat ? 8 : 16));
          address("si_upper", UNION + (compat ? 12 : 24));
        } else if (code === SEGV_PKUERR) num("si_pkey", int(UNION + (compat ? 8 : 16)));
        break;
      case SIGIO:
        field("si_band", () => {
          if (compat) sink.num(int(UNION));
          else sink.long(info.getUint32(UNION, true), info.getUint32(UNION + 4, true));
        });
        num("si_fd", int(UNION + (compat ? 4 : 8)));
        break;
      case SIGSYS:
        address("si_call_addr", UNION);
        arch(int(UNION + (compat ? 4 : 8)), info.getUint32(UNION + (compat ? 8 : 12), true));
        break;
      default:
        if (int(UNION) !== 0 || int(UNION + 4) !== 0) sender();
        if (info.getUint32(UNION + 8, true) !== 0 || high(UNION + 8) !== 0) value(UNION + 8);
    }
  }

  function arch(nr: number, audit: number): void {
    const known = arches[audit];
    const name = known && syscallName(known.abi, nr);
    word("si_syscall", name === undefined ? String(nr) : `__NR_${name}`);
    field("si_arch", () => {
      sink.word(known?.name ?? (audit === 0 ? "0" : `0x${audit.toString(16)}`));
      if (!known) sink.comment("AUDIT_ARCH_???");
    });
  }

  /** Clock ticks, with the time they stand for when there are any. */
  function ticks(name: string, at: number): void {
    const n = compat && c.longSize === 4 ? int(at) : info.getUint32(at, true) + int(at + 4) * 4294967296;
    num(name, n);
    if (n !== 0) sink.comment(`${(n / CLK_TCK).toFixed(2)} s`);
  }
}

/** AUDIT_ARCH_*: include/uapi/linux/audit.h */
const arches: Readonly<Record<number, { readonly name: string; readonly abi: Abi }>> = {
  3221225534: { name: "AUDIT_ARCH_X86_64", abi: "x86_64" },
  1073741827: { name: "AUDIT_ARCH_I386", abi: "i386" },
};
