/** siginfo_t (include/uapi/asm-generic/siginfo.h, Linux 6.1): which union member is meant depends on signal and si_code. */
import { errnoName } from "../../abi/errno.ts";
import * as F from "../../abi/flags.ts";
import { knownSignal, siCodeName } from "../../abi/signals.ts";
import { type Abi, isIndirect, syscallName } from "../../abi/syscalls.ts";
import type { Context } from "../context.ts";
import { printEnum } from "../flags.ts";
import { tickComment } from "./time.ts";

/** Offset of the union on 64-bit kernels, which is how ptrace hands it out even for 32-bit tracees. */
const UNION_NATIVE = 16;
const SI_USER = 0;
const SI_TIMER = -2;
const SI_SIGIO = -5;
const SI_TKILL = -6;
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
const POLL_HUP = 6;
const BUS_MCEERR_AR = 4;
const BUS_MCEERR_AO = 5;

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
  const hex = (name: string, at: number) => field(name, () => sink.hex(info.getUint32(at, true), 0));

  sink.openStruct();
  if (signo === 0) {
    sink.closeStruct();
    return;
  }
  const signal = (value: number) => sink.xlat(value >>> 0, 0, knownSignal(value), "", "dec");
  field("si_signo", () => signal(signo));
  field("si_code", () => sink.xlat(code >>> 0, 0, siCodeName(signo, code), "", "hex"));
  if (int(4) !== 0) field("si_errno", () => sink.xlat(int(4) >>> 0, 0, errnoName(int(4)), "", "unsigned"));

  const sender = () => {
    field("si_pid", () => c.pid(int(UNION)));
    num("si_uid", int(UNION + 4) === -1 ? -1 : info.getUint32(UNION + 4, true));
  };
  const hasValue = (at: number) => info.getUint32(at, true) !== 0 || high(at) !== 0;
  const value = (at: number) => {
    num("si_int", int(at));
    field("si_ptr", () => sink.addr(info.getUint32(at, true), high(at)));
  };
  const address = (name: string, at: number) =>
    field(name, () => sink.addr(info.getUint32(at, true), high(at)));
  const band = () => {
    field("si_band", () => {
      if (compat) sink.num(int(UNION));
      else sink.long(info.getUint32(UNION, true), info.getUint32(UNION + 4, true));
    });
    field("si_fd", () => c.fd(int(UNION + (compat ? 4 : 8))));
  };

  if (code > 0) details();
  else if (code === SI_USER || code === SI_TKILL) sender();
  else if (code === SI_TIMER) {
    hex("si_timerid", UNION);
    num("si_overrun", int(UNION + 4));
    value(UNION + 8);
  } else if (code === SI_SIGIO) band();
  else {
    sender();
    if (hasValue(UNION + 8)) value(UNION + 8);
  }
  sink.closeStruct();

  function details(): void {
    switch (signo) {
      case SIGCHLD:
        sender();
        field("si_status", () => {
          if (code === CLD_EXITED) sink.num(int(UNION + 8));
          else signal(int(UNION + 8));
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
        if (signo === SIGBUS && (code === BUS_MCEERR_AR || code === BUS_MCEERR_AO))
          field("si_addr_lsb", () => sink.hex(info.getUint16(UNION + (compat ? 4 : 8), true), 0));
        break;
      case SIGSEGV:
        address("si_addr", UNION);
        if (code === SEGV_BNDERR) {
          address("si_lower", UNION + (compat ? 8 : 16));
          address("si_upper", UNION + (compat ? 12 : 24));
        } else if (code === SEGV_PKUERR) num("si_pkey", info.getUint32(UNION + (compat ? 8 : 16), true));
        break;
      case SIGIO:
        if (code <= POLL_HUP) band();
        break;
      case SIGSYS:
        address("si_call_addr", UNION);
        arch(int(UNION + (compat ? 4 : 8)), info.getUint32(UNION + (compat ? 8 : 12), true));
        break;
      default:
        if (int(UNION) !== 0 || int(UNION + 4) !== 0) sender();
        if (hasValue(UNION + 8)) value(UNION + 8);
    }
  }

  function arch(nr: number, audit: number): void {
    field("si_syscall", () => {
      const abi = arches[audit];
      const own = abi && (nr & X32 && abi === "x86_64" ? "x32" : abi);
      const number = own === "x32" ? nr & ~X32 : nr;
      const name = own && !isIndirect(own, number) ? syscallName(own, number) : undefined;
      if (own === c.call.abi) sink.xlat(nr >>> 0, 0, name && `__NR_${name}`, "", "unsigned");
      else {
        sink.ulong(nr >>> 0, 0);
        if (name !== undefined && c.options.xlat !== "raw") sink.comment(name);
      }
    });
    field("si_arch", () => printEnum(c, F.audit_arches, audit));
  }

  /** Clock ticks, with the time they stand for when there are any. */
  function ticks(name: string, at: number): void {
    const lo = info.getUint32(at, true);
    const hi = compat && c.longSize === 4 ? 0 : info.getUint32(at + 4, true);
    sink.field(name);
    sink.ulong(lo, hi);
    tickComment(c, lo, hi);
  }
}

/** The bit of numbers of x32's calls. */
const X32 = 0x40000000;

/** By AUDIT_ARCH_* (include/uapi/linux/audit.h), those whose calls can be told by name. */
const arches: Readonly<Record<number, Abi>> = { 3221225534: "x86_64", 1073741827: "i386" };
