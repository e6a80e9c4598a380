/** ptrace(2): which arguments there are, and what they lead to, depends on the request. */
import * as F from "../../abi/flags.ts";
import { syscallName } from "../../abi/syscalls.ts";
import type { Type } from "../../syscalls/types/types.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { printEnum, printFlags } from "../flags.ts";
import { printArray, sigsetWalker } from "../pointers.ts";
import { registerCall, type Walker } from "../walker.ts";
import { readable } from "./bytes.ts";
import { printSeccompFilter } from "./filters.ts";
import { allOf, floating, general, noteRoom, printRegisterSet } from "./registers.ts";
import { printSiginfo } from "./siginfo.ts";

const ADDR = 2;
const DATA = 3;
const SIGINFO = 128;

const requests = new Map(F.ptrace_requests.entries.map(([value, name]) => [Number(value), name]));
const simple = (type: Type): Walker => compile(type);
const addr = simple({ kind: "addr" });
const pid = simple({ kind: "pid" });
const signal = simple({ kind: "signal" });
const ulong = simple({ kind: "ulong" });

/** struct user of sys/user.h: where its members begin. */
const userMembers: readonly (readonly [number, string])[] = [
  ...[
    "r15",
    "r14",
    "r13",
    "r12",
    "rbp",
    "rbx",
    "r11",
    "r10",
    "r9",
    "r8",
    "rax",
    "rcx",
    "rdx",
    "rsi",
    "rdi",
    "orig_rax",
    "rip",
    "cs",
    "efl",
    "rsp",
    "ss",
  ].map((name, i): [number, string] => [8 * i, `8*${name.toUpperCase()}`]),
  [216, "offsetof(struct user, u_fpvalid)"],
  [224, "offsetof(struct user, i387)"],
  [736, "offsetof(struct user, u_tsize)"],
  [744, "offsetof(struct user, u_dsize)"],
  [752, "offsetof(struct user, u_ssize)"],
  [760, "offsetof(struct user, start_code)"],
  [768, "offsetof(struct user, start_stack)"],
  [776, "offsetof(struct user, signal)"],
  [784, "offsetof(struct user, reserved)"],
  [792, "offsetof(struct user, u_ar0)"],
  [800, "offsetof(struct user, u_fpstate)"],
  [808, "offsetof(struct user, magic)"],
  [816, "offsetof(struct user, u_comm)"],
  [848, "offsetof(struct user, u_debugreg)"],
  [912, "sizeof(struct user)"],
];

/** An offset in struct user, by the member it is in. */
function printUserOffset(c: Context, lo: number, hi: number): void {
  const last = userMembers[userMembers.length - 1][0];
  const found = hi === 0 && lo <= last ? userMembers.findLast(([at]) => at <= lo) : undefined;
  const text = found && (found[0] === lo ? found[1] : `${found[1]}+${lo - found[0]}`);
  const style = c.options.xlat;
  if (text === undefined || style !== "abbrev") c.sink.addr(lo, hi);
  if (text === undefined || style === "raw") return;
  if (style === "abbrev") c.sink.word(text);
  else c.sink.comment(text);
}

const peekArguments = simple({
  kind: "pointer",
  to: {
    kind: "struct",
    layout: "ptrace_peeksiginfo_args",
    fields: {
      off: { kind: "ulong" },
      flags: { kind: "flags", set: F.ptrace_peek_flags },
      nr: { kind: "uint" },
    },
  },
});

type Printer = (c: Context, lo: number, hi: number) => void;
const walker =
  (w: Walker): Printer =>
  (c, lo, hi) =>
    w.value(c, lo, hi);

/** How the third argument prints where it is no plain address. */
const addresses: Readonly<Record<string, Printer>> = {
  PTRACE_PEEKUSER: printUserOffset,
  PTRACE_POKEUSER: printUserOffset,
  PTRACE_GETREGSET: (c, lo) => printEnum(c, F.note_types, lo),
  PTRACE_SETREGSET: (c, lo) => printEnum(c, F.note_types, lo),
  PTRACE_GETSIGMASK: walker(ulong),
  PTRACE_SETSIGMASK: walker(ulong),
  PTRACE_SECCOMP_GET_FILTER: walker(ulong),
  PTRACE_SECCOMP_GET_METADATA: walker(ulong),
  PTRACE_GET_SYSCALL_INFO: walker(ulong),
  PTRACE_PEEKSIGINFO: walker(peekArguments),
};

const options: Printer = (c, lo, hi) => printFlags(c, F.ptrace_options, lo, hi);
const resumed: Printer = (c, lo) => signal.value(c, lo, 0);
const siginfo: Printer = (c, lo, hi) => {
  const at = readable(c, lo, hi, SIGINFO);
  if (at < 0) c.sink.addr(lo, hi);
  else printSiginfo(c, new DataView(c.memory.bytes.buffer, at, SIGINFO));
};
const mask: Printer = (c, lo, hi) => sigsetWalker(c.argLo(ADDR)).value(c, lo, hi);
const registerSet: Printer = (c, lo, hi) => printRegisterSet(c, c.argLo(ADDR), lo, hi);

/** How the fourth argument prints when the call begins. */
const inputs: Readonly<Record<string, Printer>> = {
  ...Object.fromEntries(
    ["CONT", "DETACH", "SYSCALL", "SINGLESTEP", "SINGLEBLOCK", "SYSEMU", "SYSEMU_SINGLESTEP"].map((name) => [
      `PTRACE_${name}`,
      resumed,
    ]),
  ),
  PTRACE_SEIZE: options,
  PTRACE_SETOPTIONS: options,
  PTRACE_OLDSETOPTIONS: options,
  PTRACE_SETSIGINFO: siginfo,
  PTRACE_SETSIGMASK: mask,
  PTRACE_SETREGSET: registerSet,
  PTRACE_SETREGS: allOf(general),
  PTRACE_SETFPREGS: allOf(floating),
};

const word: Printer = (c, lo, hi) => {
  const at = readable(c, lo, hi, c.wordSize);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  c.wordAt(at);
  c.sink.openArray();
  c.sink.item();
  c.sink.addr(c.wordLo, c.wordHi);
  c.sink.closeArray();
};
const message: Printer = (c, lo, hi) => compile({ kind: "pointer", to: { kind: "ulong" } }).value(c, lo, hi);
const signalInfo: Walker = {
  size: () => SIGINFO,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory: (c, at) => printSiginfo(c, new DataView(c.memory.bytes.buffer, at, SIGINFO)),
};

/** How it prints when the call has returned. */
const outputs: Readonly<Record<string, Printer>> = {
  PTRACE_PEEKTEXT: word,
  PTRACE_PEEKDATA: word,
  PTRACE_PEEKUSER: word,
  PTRACE_GETEVENTMSG: message,
  PTRACE_GETREGSET: registerSet,
  PTRACE_GETREGS: allOf(general),
  PTRACE_GETFPREGS: allOf(floating),
  PTRACE_GETSIGINFO: siginfo,
  PTRACE_GETSIGMASK: mask,
  PTRACE_PEEKSIGINFO(c, lo, hi) {
    if (c.failed || (lo === 0 && hi === 0 && c.ret !== 0)) c.sink.addr(lo, hi);
    else printArray(c, signalInfo, lo, hi, c.ret);
  },
  PTRACE_SECCOMP_GET_FILTER: (c, lo, hi) => printSeccompFilter(c, lo, hi, c.ret & 0xffff),
  PTRACE_GET_SYSCALL_INFO: printSyscallInfo,
};

const ENTRY = 1;
const EXIT = 2;
const SECCOMP = 3;
/** Bytes of struct ptrace_syscall_info (linux/ptrace.h) as far as its last member. */
const INFO = 84;
const EXIT_INFO = 33;

/** struct ptrace_syscall_info, as much of it as there was room for. */
function printSyscallInfo(c: Context, lo: number, hi: number): void {
  const size = Math.min(c.arg(ADDR) < 0 ? Infinity : c.arg(ADDR), c.ret < 0 ? Infinity : c.ret, INFO);
  const at = size === 0 ? -1 : readable(c, lo, hi, size);
  if (at < 0) {
    c.sink.addr(lo, hi);
    return;
  }
  const { sink } = c;
  const bytes = new DataView(new ArrayBuffer(INFO + 12));
  new Uint8Array(bytes.buffer).set(c.memory.bytes.subarray(at, at + size));
  const u32 = (offset: number) => bytes.getUint32(offset, true);
  const op = bytes.getUint8(0);
  const audit = u32(4);
  const address = (name: string, offset: number) => {
    sink.field(name);
    sink.addr(u32(offset), u32(offset + 4));
  };
  const callAndArguments = (end: number) => {
    sink.openStruct();
    sink.field("nr");
    printCallNumber(c, u32(24), u32(28), audit);
    const count = Math.min(6, Math.floor((size - 32) / 8));
    if (count > 0) {
      sink.field("args");
      sink.openArray();
      for (let i = 0; i < count; i++) {
        sink.item();
        sink.hex(u32(32 + 8 * i), u32(36 + 8 * i));
      }
      sink.closeArray();
    }
    if (op === SECCOMP && size >= end) {
      sink.field("ret_data");
      sink.num(u32(80));
    }
    sink.closeStruct();
  };
  sink.openStruct();
  sink.field("op");
  printEnum(c, F.ptrace_stop_kinds, op);
  if (size >= 8) {
    sink.field("arch");
    printEnum(c, F.audit_arches, audit);
  }
  if (size >= 16) address("instruction_pointer", 8);
  if (size >= 24) address("stack_pointer", 16);
  if (size >= 32 && op === ENTRY) {
    sink.field("entry");
    callAndArguments(INFO);
  } else if (size >= 32 && op === SECCOMP) {
    sink.field("seccomp");
    callAndArguments(INFO);
  } else if (size >= 32 && op === EXIT) {
    const isError = bytes.getUint8(32);
    sink.field("exit");
    sink.openStruct();
    sink.field("rval");
    if (size >= EXIT_INFO && isError) printError(c, u32(24), u32(28));
    else sink.long(u32(24), u32(28));
    if (size >= EXIT_INFO) {
      sink.field("is_error");
      sink.num(isError);
    }
    sink.closeStruct();
  }
  sink.closeStruct();
}

const AUDIT_X86_64 = 0xc000003e;
const AUDIT_I386 = 0x40000003;
const X32_BIT = 0x40000000;
const X32_MASK = X32_BIT - 1;

/** The number of a call: of the same ABI as the tracer's it is a constant of its headers. */
function printCallNumber(c: Context, lo: number, hi: number, audit: number): void {
  const abi =
    audit === AUDIT_I386 ? "i386" : audit !== AUDIT_X86_64 ? undefined : lo & X32_BIT ? "x32" : "x86_64";
  const nr = abi === "x32" ? lo & X32_MASK : lo;
  const name = abi === undefined || hi !== 0 ? undefined : syscallName(abi, nr);
  const own = abi === c.call.abi;
  const style = c.options.xlat;
  if (style !== "abbrev" || name === undefined || !own) c.sink.ulong(lo, hi);
  if (name === undefined || style === "raw") return;
  if (!own) c.sink.comment(name);
  else if (style === "verbose") c.sink.comment(`__NR_${name}`);
  else c.sink.word(`__NR_${name}`);
}

function printError(c: Context, lo: number, hi: number): void {
  if (hi !== 0xffffffff) c.sink.long(lo, hi);
  else simple({ kind: "special", name: "negative_errno" }).value(c, lo, hi);
}

function requestName(c: Context): string {
  return c.argHi(0) === 0 ? (requests.get(c.argLo(0)) ?? "") : "";
}

/** Requests that end with the pid. */
const short = new Set(["PTRACE_ATTACH", "PTRACE_INTERRUPT", "PTRACE_KILL", "PTRACE_LISTEN"]);

/** Requests without an address: all registers are meant. */
const registers = new Set(["GETREGS", "SETREGS", "GETFPREGS", "SETFPREGS"].map((name) => `PTRACE_${name}`));

registerCall("ptrace", {
  enter(c) {
    const { sink } = c;
    const name = requestName(c);
    sink.arg("request");
    printEnum(c, F.ptrace_requests, c.argLo(0), c.argHi(0));
    if (name === "PTRACE_TRACEME") return true;
    sink.arg("pid");
    pid.value(c, c.argLo(1), 0);
    if (short.has(name)) return true;
    if (!registers.has(name)) {
      sink.arg("addr");
      (addresses[name] ?? walker(addr))(c, c.argLo(ADDR), c.argHi(ADDR));
    }
    if (name === "PTRACE_SECCOMP_GET_METADATA") return enterMetadata(c);
    if (outputs[name] && c.options.dereference(c.call.name)) {
      if (name === "PTRACE_GETREGSET") noteRoom(c, c.argLo(DATA), c.argHi(DATA));
      return false;
    }
    sink.arg("data");
    (inputs[name] ?? walker(addr))(c, c.argLo(DATA), c.argHi(DATA));
    return true;
  },
  exit(c) {
    const name = requestName(c);
    if (name === "PTRACE_SECCOMP_GET_METADATA") exitMetadata(c);
    else if (outputs[name]) {
      c.sink.arg("data");
      outputs[name](c, c.argLo(DATA), c.argHi(DATA));
    }
  },
});

/** struct seccomp_metadata: the filter's number is asked for, its flags are told. */
function enterMetadata(c: Context): boolean {
  const lo = c.argLo(DATA);
  const hi = c.argHi(DATA);
  const at = c.argHi(ADDR) === 0 && c.argLo(ADDR) < 8 ? -1 : readable(c, lo, hi, 8);
  c.sink.arg("data");
  if (at < 0) {
    c.sink.addr(lo, hi);
    return true;
  }
  c.sink.openStruct();
  c.sink.field("filter_off");
  c.sink.ulong(c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true));
  // the structure goes on at exit
  c.sink.comma?.(false);
  return false;
}

function exitMetadata(c: Context): void {
  const size = Math.min(c.ret, 16);
  c.sink.comma?.(true);
  if (c.call.error === 0 && size > 8) {
    const at = c.memory.readAll((c.argLo(DATA) + 8) >>> 0, c.argHi(DATA), size - 8);
    if (at < 0) {
      c.sink.item();
      c.sink.more();
    } else {
      const bytes = new DataView(new ArrayBuffer(8));
      new Uint8Array(bytes.buffer).set(c.memory.bytes.subarray(at, at + size - 8));
      c.sink.field("flags");
      printFlags(c, F.seccomp_filter_flags, bytes.getUint32(0, true), bytes.getUint32(4, true));
      if (c.ret > size) {
        c.sink.item();
        c.sink.more();
      }
    }
  }
  c.sink.closeStruct();
}
